#include "routing/reason.h"

namespace expertline::routing {

std::string_view reason_name(Reason reason) {
  switch (reason) {
    case Reason::kReady:
      return "ready";
    case Reason::kNoMedium:
      return "no_medium";
    case Reason::kRetired:
      return "retired";
    case Reason::kDoNotDisturb:
      return "do_not_disturb";
    case Reason::kOffline:
      return "offline";
    case Reason::kAway:
      return "away";
    case Reason::kBusy:
      return "busy";
    case Reason::kOnThePhone:
      return "on_the_phone";
    case Reason::kAppearOffline:
      return "appear_offline";
    case Reason::kNotRoutable:
      return "not_routable";
    case Reason::kOffHours:
      return "off_hours";
    case Reason::kCoolDown:
      return "cool_down";
    case Reason::kPaused:
      return "paused";
    case Reason::kHourLimit:
      return "hour_limit";
    case Reason::kDayLimit:
      return "day_limit";
    case Reason::kNoDesk:
      return "no_desk";
    case Reason::kAtCapacity:
      return "at_capacity";
    case Reason::kWrapUp:
      return "wrap_up";
    case Reason::kAskingAgent:
      return "asking_agent";
    case Reason::kAskedBefore:
      return "asked_before";
    case Reason::kExcluded:
      return "excluded";
    case Reason::kSkill:
      return "skill";
    case Reason::kSkillLevel:
      return "skill_level";
    case Reason::kGroup:
      return "group";
    case Reason::kOtherExpert:
      return "other_expert";
    case Reason::kStates:
      return "states";
    case Reason::kWhere:
      return "where";
    case Reason::kWeight:
      return "weight";
  }
  return "";
}

}  // namespace expertline::routing
