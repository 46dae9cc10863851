"""Who takes part in a session, from Python: further experts, a transfer, another agent, a supervisor, and refusals.

Runs as flow.py does; see there.
"""

import os
import sys
import uuid

import grpc
from google.protobuf import duration_pb2

from expertline.v1 import common_pb2, conversation_pb2, desk_pb2, expert_pb2, expert_pb2_grpc
from expertline.v1 import presence_pb2, presence_pb2_grpc, session_pb2, session_pb2_grpc
from flow import DOMAIN, TIMEOUT, Desk, connect, error_info, say

# Ann comes last: when she is found the others are known, too.
CYD, BOB, ANN = EXPERTS = ("people-cyd", "people-bob", "people-ann")


def refused(call, request, reason):
    try:
        call(request, timeout=TIMEOUT)
    except grpc.RpcError as error:
        assert error_info(error).reason == reason, error
        return
    raise AssertionError(f"it was taken: {request}")


def present(session):
    """Who is in the conversation now."""
    return [one.id for one in session.participants if not one.HasField("leave_time")]


def enter(directory, presence):
    for number, name in enumerate(EXPERTS, 1):
        directory.CreateExpert(
            expert_pb2.CreateExpertRequest(
                parent=DOMAIN,
                expert=expert_pb2.Expert(
                    name=f"{DOMAIN}/experts/{name}",
                    display_name=name,
                    skills={"billing": 3} if name == ANN else {},
                    capacities={"im": 2, "voice": 1},
                    dns={"voice": "dn-" + name},
                    guard_rails=expert_pb2.GuardRails(wrap_up={"im": duration_pb2.Duration(seconds=600)}),
                ),
            ),
            timeout=TIMEOUT,
        )
        answer = presence.ReportPresence(
            presence_pb2.ReportPresenceRequest(
                parent=DOMAIN,
                reports=[
                    presence_pb2.PresenceReport(
                        expert=name,
                        source="python-people",
                        kind=presence_pb2.SOURCE_KIND_CLIENT,
                        state=presence_pb2.PRESENCE_STATE_ONLINE,
                        epoch=1,
                        sequence=number,
                    )
                ],
            ),
            timeout=TIMEOUT,
        )
        assert not answer.refused, answer


def accept(desk, expert, session, **more):
    def wanted(event):
        return event.preview.expert == expert and event.preview.offer.session == session

    preview = desk.wait_for("preview for " + expert, wanted).preview
    result = desk.ask(accept=desk_pb2.DeskAccept(offer=preview.offer, **more))
    assert result.outcome == common_pb2.OFFER_OUTCOME_ACCEPTED, result
    return preview


def leg_of(session, leg):
    return next(one for one in session.legs if one.id == leg)


def main():
    to_presence = connect(os.environ.get("EXPERTLINE_PRESENCE", "127.0.0.1:7400"))
    to_sessions = connect(os.environ.get("EXPERTLINE_SESSION", "127.0.0.1:7400"))
    directory = expert_pb2_grpc.ExpertServiceStub(to_presence)
    sessions = session_pb2_grpc.SessionServiceStub(to_sessions)
    enter(directory, presence_pb2_grpc.PresenceServiceStub(to_presence))
    desk = Desk(to_sessions, EXPERTS)

    start = session_pb2.StartSessionRequest(
        parent=DOMAIN,
        routing_point="billing",
        agent=session_pb2.Agent(id="people-agent"),
        interaction=session_pb2.Interaction(id="people-call"),
        text="Who can help?",
    )
    name = sessions.StartSession(start, timeout=TIMEOUT).session.name
    refused(
        sessions.TransferSession,
        session_pb2.TransferSessionRequest(session=name, routing_point="billing"),
        "WRONG_STATE",  # nobody is on it yet
    )
    accept(desk, ANN, name, number="4711")
    say(ANN + " is on it")

    added = sessions.AddParticipant(
        session_pb2.AddParticipantRequest(session=name, expert=BOB, request_id=str(uuid.uuid4())),
        timeout=TIMEOUT,
    )
    assert accept(desk, BOB, name).joins
    session = sessions.GetSession(session_pb2.GetSessionRequest(name=name), timeout=TIMEOUT).session
    assert present(session) == ["people-agent", ANN, BOB], session.participants
    assert leg_of(session, added.leg).asked_by_name == BOB
    direct = [one.dn for one in session.voice_targets if one.via == session_pb2.VOICE_VIA_DIRECT]
    assert direct == ["4711"], session.voice_targets
    unknown = session_pb2.AddParticipantRequest(session=name, expert="people-nobody")
    refused(sessions.AddParticipant, unknown, "UNKNOWN_EXPERT")
    say(BOB + " has come, asked for by name")

    desk.ask(send_message=desk_pb2.DeskSendMessage(session=name, expert=BOB, text="Hello from the second one."))
    desk.wait_for(
        "his message at the other's desk",
        lambda event: event.message.expert == ANN and event.message.message.text.startswith("Hello from"),
    )
    say("both read what one of them writes")

    moved = sessions.TransferSession(
        session_pb2.TransferSessionRequest(session=name, leg="im", expert=CYD, request_id=str(uuid.uuid4())),
        timeout=TIMEOUT,
    )
    accept(desk, CYD, name)
    session = sessions.GetSession(session_pb2.GetSessionRequest(name=name), timeout=TIMEOUT).session
    assert leg_of(session, "im").outcome == session_pb2.LEG_OUTCOME_TRANSFERRED, session
    assert leg_of(session, moved.leg).replaces == "im"
    assert present(session) == ["people-agent", BOB, CYD], session.participants
    desk.wait_for("the first message at the new one's desk", lambda event: event.message.expert == CYD)
    desk.ask(end_wrap_up=desk_pb2.DeskEndWrapUp(session=name, leg="im", expert=ANN))
    desk.ask(resume=desk_pb2.DeskResume(expert=ANN))
    desk.ask(call_me=desk_pb2.DeskCallMe(session=name, expert=CYD, number="4712"))
    say(CYD + " has taken the place of " + ANN)

    def route(call_id, parent_call_id):
        """The first thing told of a consultation that is routed to its expert or somewhere else."""
        request = session_pb2.RouteCallRequest(
            parent=DOMAIN,
            call_id=call_id,
            parent_call_id=parent_call_id,
            kind=session_pb2.CALL_KIND_CONSULT,
            routing_point="8001",
            user_data=common_pb2.UserData(values={"expert_id": common_pb2.UserValue(text=CYD)}),
        )
        final = (session_pb2.CALL_PROGRESS_ROUTED, session_pb2.CALL_PROGRESS_DEFAULT)
        return next(event for event in sessions.RouteCall(request, timeout=TIMEOUT) if event.progress in final)

    routed = route("people-consult", "people-call")
    assert (routed.session, routed.dn) == (name, "4712"), routed
    for event, party, state in (
        (session_pb2.VOICE_EVENT_ANSWERED, session_pb2.VOICE_PARTY_EXPERT, session_pb2.LEG_STATE_ACTIVE),
        (session_pb2.VOICE_EVENT_JOINED, session_pb2.VOICE_PARTY_CUSTOMER, session_pb2.LEG_STATE_ACTIVE),
        (session_pb2.VOICE_EVENT_LEFT, session_pb2.VOICE_PARTY_AGENT, session_pb2.LEG_STATE_ACTIVE),
        (session_pb2.VOICE_EVENT_LEFT, session_pb2.VOICE_PARTY_EXPERT, session_pb2.LEG_STATE_ENDED),
        (session_pb2.VOICE_EVENT_ANSWERED, session_pb2.VOICE_PARTY_EXPERT, session_pb2.LEG_STATE_ENDED),
    ):
        report = session_pb2.ReportVoiceRequest(parent=DOMAIN, call_id="people-consult", event=event, party=party)
        assert sessions.ReportVoice(report, timeout=TIMEOUT).state == state, report
    refused(lambda call_id, timeout: route(call_id, "people-unheard"), "people-orphan", "INVALID_FIELD")
    say("a consultation joins the session of the call it comes from, and reaches the number he named")

    change = session_pb2.ChangeAgentRequest(
        session=name, agent=session_pb2.Agent(id="people-agent-2", display_name="Two"), actor="supervisor:people-ida"
    )
    assert sessions.ChangeAgent(change, timeout=TIMEOUT).session.agent.id == "people-agent-2"
    change.actor = "not an actor"
    refused(sessions.ChangeAgent, change, "INVALID_FIELD")
    say("another agent has the session")

    join = session_pb2.JoinSessionRequest(session=name, supervisor="people-ida", display_name="Ida")
    words = session_pb2.SendMessageRequest(session=name, supervisor="people-ida", text="Ida here.")
    refused(sessions.SendMessage, words, "WRONG_STATE")
    assert present(sessions.JoinSession(join, timeout=TIMEOUT).session)[-1] == "people-ida"
    sessions.SendMessage(words, timeout=TIMEOUT)
    heard = desk.wait_for("her message", lambda event: event.message.message.text == "Ida here.").message.message
    assert heard.author == conversation_pb2.MESSAGE_AUTHOR_SUPERVISOR, heard
    leave = session_pb2.LeaveSessionRequest(session=name, supervisor="people-ida")
    assert "people-ida" not in present(sessions.LeaveSession(leave, timeout=TIMEOUT).session)
    join.supervisor = ""
    refused(sessions.JoinSession, join, "INVALID_FIELD")
    leave.session = f"{DOMAIN}/sessions/people-none"
    refused(sessions.LeaveSession, leave, "UNKNOWN_SESSION")
    say("a supervisor has joined, written and left")

    watch = sessions.WatchSession(session_pb2.WatchSessionRequest(name=name, supervisor="people-ida"), timeout=TIMEOUT)
    assert next(watch).session.name == name
    ended = sessions.EndSession(
        session_pb2.EndSessionRequest(name=name, actor="supervisor:people-ida"), timeout=TIMEOUT
    ).session
    assert ended.outcome == session_pb2.SESSION_OUTCOME_HELPED, ended
    assert [event for event in watch][-1].session.state == session_pb2.SESSION_STATE_ENDED
    refused(sessions.AddParticipant, session_pb2.AddParticipantRequest(session=name, expert=ANN), "WRONG_STATE")
    say("she observed it to its end, which she brought about")

    for expert, leg in ((BOB, added.leg), (CYD, moved.leg)):
        desk.ask(end_wrap_up=desk_pb2.DeskEndWrapUp(session=name, leg=leg, expert=expert))
    desk.close()
    for expert in EXPERTS:
        directory.DeleteExpert(expert_pb2.DeleteExpertRequest(name=f"{DOMAIN}/experts/{expert}"), timeout=TIMEOUT)


if __name__ == "__main__":
    sys.exit(main())
