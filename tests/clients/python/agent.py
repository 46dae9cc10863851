"""What agents and supervisors ask besides the flow, from Python: what to expect, lists of sessions, user data, giving up,
a medium of the operator's own.

Runs as flow.py does; see there.
"""

import os
import sys
import uuid

import grpc

from expertline.v1 import common_pb2, conversation_pb2, desk_pb2, expert_pb2, expert_pb2_grpc
from expertline.v1 import presence_pb2, presence_pb2_grpc, session_pb2, session_pb2_grpc
from flow import DOMAIN, TIMEOUT, Desk, connect, error_info, say

MOST_OBSERVED = 50
LIMIT = 16_000  # bytes of user data


def refused(call, request, reason, **metadata):
    try:
        answer = call(request, timeout=TIMEOUT)
        if isinstance(answer, grpc.Call):  # a stream says it with its first event
            next(answer)
    except grpc.RpcError as error:
        info = error_info(error)
        assert info.reason == reason, error
        for key, value in metadata.items():
            assert info.metadata[key] == value, info
        return
    raise AssertionError(f"it was taken: {request}")


def text_messages(sessions, to_sessions, ask):
    """A third medium, with a capacity of its own."""
    to_presence = connect(os.environ.get("EXPERTLINE_PRESENCE", "127.0.0.1:7400"))
    directory = expert_pb2_grpc.ExpertServiceStub(to_presence)
    sam = expert_pb2.Expert(
        name=f"{DOMAIN}/experts/agent-sam",
        skills={"texting": 1},
        capacities={"sms": 1},
        guard_rails=expert_pb2.GuardRails(pause_after_timeouts=1),
    )
    directory.CreateExpert(expert_pb2.CreateExpertRequest(parent=DOMAIN, expert=sam), timeout=TIMEOUT)
    report = presence_pb2.PresenceReport(
        expert="agent-sam",
        source="python-agent",
        kind=presence_pb2.SOURCE_KIND_CLIENT,
        state=presence_pb2.PRESENCE_STATE_ONLINE,
        epoch=1,
        sequence=1,
    )
    request = presence_pb2.ReportPresenceRequest(parent=DOMAIN, reports=[report])
    answer = presence_pb2_grpc.PresenceServiceStub(to_presence).ReportPresence(request, timeout=TIMEOUT)
    assert not answer.refused, answer
    desk = Desk(to_sessions, ["agent-sam"])
    names = []
    for _ in range(2):
        request = ask()
        request.routing_point = "sms"
        names.append(sessions.StartSession(request, timeout=TIMEOUT).session.name)
    for name in names:
        preview = desk.preview("agent-sam", name)
        assert preview.medium == "sms", preview
        desk.ask(accept=desk_pb2.DeskAccept(offer=preview.offer))
        sessions.SendMessage(session_pb2.SendMessageRequest(session=name, text="Hi by " + name), timeout=TIMEOUT)
        desk.wait_for("the text", lambda event: event.message.message.text == "Hi by " + name)
        open_now = session_pb2.ListSessionsRequest(
            parent=DOMAIN, state=session_pb2.SESSION_STATE_OPEN, filter="'agent-sam' in experts && 'sms' in media"
        )
        page = sessions.ListSessions(open_now, timeout=TIMEOUT)
        assert [one.name for one in page.sessions] == [name], page  # the other one waits: his capacity is one
        sessions.EndSession(session_pb2.EndSessionRequest(name=name), timeout=TIMEOUT)
        words = desk_pb2.DeskSendMessage(session=name, expert="agent-sam", text="Too late.")
        desk.ask("WRONG_STATE", send_message=words)
    call = session_pb2.RouteCallRequest(parent=DOMAIN, call_id="agent-sms", routing_point="sms")
    refused(sessions.RouteCall, call, "INVALID_FIELD")  # it is no call
    say("a medium of the operator's own is offered, within its own capacity")

    def ignored():
        request = ask()
        request.routing_point = "sms-brief"
        name = sessions.StartSession(request, timeout=TIMEOUT).session.name
        desk.preview("agent-sam", name)
        return name

    names = [ignored()]
    notice = desk.wait_for("a pause", lambda event: event.notice.kind == desk_pb2.NOTICE_KIND_PAUSED).notice
    assert notice.expert == "agent-sam" and notice.text, notice
    closed = desk.wait_for("the end of the offer", lambda event: event.offer_closed.offer.session == names[0])
    assert closed.offer_closed.outcome == common_pb2.OFFER_OUTCOME_TIMED_OUT, closed
    desk.ask("UNKNOWN_EXPERT", resume=desk_pb2.DeskResume(expert="agent-nobody"))
    desk.ask(resume=desk_pb2.DeskResume(expert="agent-sam"))
    desk.wait_for("he is back", lambda event: event.notice.kind == desk_pb2.NOTICE_KIND_RESUMED)
    names.append(ignored())
    for name in names:
        sessions.EndSession(session_pb2.EndSessionRequest(name=name), timeout=TIMEOUT)
    desk.close()
    directory.DeleteExpert(expert_pb2.DeleteExpertRequest(name=sam.name), timeout=TIMEOUT)
    say("who lets a preview run out is paused, and asked again once he says that he is back")


def main():
    to_sessions = connect(os.environ.get("EXPERTLINE_SESSION", "127.0.0.1:7400"))
    sessions = session_pb2_grpc.SessionServiceStub(to_sessions)
    mine = "agent-" + uuid.uuid4().hex

    def ask(**more):
        return session_pb2.StartSessionRequest(
            parent=DOMAIN,
            routing_point="billing",
            agent=session_pb2.Agent(id=mine),
            interaction=session_pb2.Interaction(id="call-" + uuid.uuid4().hex, customer_id=mine),
            request_id=str(uuid.uuid4()),
            **more,
        )

    # Before asking.
    expect = session_pb2.GetAvailabilityRequest(
        parent=DOMAIN, routing_point="billing", agent=session_pb2.Agent(id=mine, site="home")
    )
    availability = sessions.GetAvailability(expect, timeout=TIMEOUT).availability
    assert not availability.allowed and availability.detail, availability
    expect.agent.site = "office"
    availability = sessions.GetAvailability(expect, timeout=TIMEOUT).availability
    assert availability.allowed and availability.outcome != 0, availability
    expect.routing_point = "nowhere"
    refused(sessions.GetAvailability, expect, "UNKNOWN_ROUTING_POINT", routing_point="nowhere")
    at_home = ask()
    at_home.agent.site = "home"
    refused(sessions.StartSession, at_home, "NOT_ALLOWED", rule="at-home", why="Not from home")
    say("an agent knows what to expect before he asks, and is told why he may not")

    # User data, byte by byte.
    nested = {
        "customer.phones.0": common_pb2.UserValue(text="+41 31 000 00 00"),
        "customer.phones.1": common_pb2.UserValue(number=-1),
    }
    weight = len("blob") + sum(len(key) for key in nested) + len("+41 31 000 00 00") + 8
    blob = bytes(i % 256 for i in range(LIMIT - weight))
    data = common_pb2.UserData(values={"blob": common_pb2.UserValue(binary=blob), **nested})
    session = sessions.StartSession(ask(user_data=data), timeout=TIMEOUT).session
    kept = sessions.GetSession(session_pb2.GetSessionRequest(name=session.name), timeout=TIMEOUT).session.user_data
    assert kept.values["blob"].binary == blob and kept.values["customer.phones.1"].number == -1
    more = common_pb2.UserData()
    more.CopyFrom(data)
    more.values["blob"].binary += b"x"
    refused(sessions.StartSession, ask(user_data=more), "USER_DATA_TOO_LARGE", limit=str(LIMIT), bytes=str(LIMIT + 1))
    change = session_pb2.UpdateUserDataRequest(session=session.name, delete=["blob"], if_revision=kept.revision)
    change.set["topic"].text = "moved"
    revision = sessions.UpdateUserData(change, timeout=TIMEOUT).revision
    assert revision > kept.revision
    refused(sessions.UpdateUserData, change, "REVISION_MISMATCH")
    say("user data are kept byte by byte, and one byte too many is refused with the limit")

    # A supervisor's list.
    wanted = session_pb2.ListSessionsRequest(
        parent=DOMAIN,
        state=session_pb2.SESSION_STATE_OPEN,
        filter=f"interaction.customer_id == '{mine}' && 'billing' in routing_points",
    )
    page = sessions.ListSessions(wanted, timeout=TIMEOUT)
    assert [one.name for one in page.sessions] == [session.name], page
    wanted.filter = "agent.idd == 'x'"
    refused(sessions.ListSessions, wanted, "BAD_FILTER")
    wanted.filter, wanted.page_token = "", "not a token"
    refused(sessions.ListSessions, wanted, "BAD_CURSOR")
    say("a supervisor finds live sessions by a condition")

    # Giving up.
    cancel = session_pb2.CancelLegRequest(session=session.name, leg="none")
    refused(sessions.CancelLeg, cancel, "UNKNOWN_LEG")
    cancel.leg = "im"
    for _ in range(2):
        ended = sessions.CancelLeg(cancel, timeout=TIMEOUT).session
        assert ended.outcome == session_pb2.SESSION_OUTCOME_CANCELED, ended
    refused(sessions.EndSession, session_pb2.EndSessionRequest(name=DOMAIN + "/sessions/none"), "UNKNOWN_SESSION")
    refused(sessions.GetSession, session_pb2.GetSessionRequest(name=DOMAIN + "/sessions/none"), "UNKNOWN_SESSION")
    say("he gives up, twice the same")

    # Words without a conversation.
    unheard = session_pb2.SendTypingRequest(session=session.name)
    refused(sessions.SendTyping, unheard, "WRONG_STATE")
    refused(sessions.MarkMessages, session_pb2.MarkMessagesRequest(session=session.name, read="x"), "INVALID_FIELD")
    texts = session_pb2.ListPresetTextsRequest(parent="nobody", side=conversation_pb2.MESSAGE_AUTHOR_AGENT)
    refused(sessions.ListPresetTexts, texts, "INVALID_FIELD")
    refused(sessions.ListDeclineReasons, session_pb2.ListDeclineReasonsRequest(parent="nobody"), "INVALID_FIELD")
    say("what makes no sense is refused")

    # Calls.
    session = sessions.StartSession(ask(), timeout=TIMEOUT).session
    prepare = session_pb2.PrepareVoiceRequest(
        session=session.name, via=session_pb2.VOICE_VIA_DIRECT, kind=session_pb2.CALL_KIND_TRANSFER
    )
    refused(sessions.PrepareVoice, prepare, "WRONG_STATE")  # nobody is on it yet
    report = session_pb2.ReportVoiceRequest(
        parent=DOMAIN, call_id="agent-of-nobody", event=session_pb2.VOICE_EVENT_ANSWERED
    )
    refused(sessions.ReportVoice, report, "UNKNOWN_CALL")
    cancel = session_pb2.CancelCallRequest(parent=DOMAIN, call_id="agent-of-nobody")
    refused(sessions.CancelCall, cancel, "UNKNOWN_CALL")
    refused(sessions.RouteCall, session_pb2.RouteCallRequest(parent=DOMAIN, routing_point="8001"), "INVALID_FIELD")
    call = session_pb2.RouteCallRequest(
        parent=DOMAIN,
        call_id="agent-call-" + uuid.uuid4().hex,
        kind=session_pb2.CALL_KIND_CONSULT,
        routing_point="8001",
        session=session.name,
    )
    told = sessions.RouteCall(call, timeout=TIMEOUT)
    leg = next(told).leg
    for _ in range(2):
        sessions.CancelCall(session_pb2.CancelCallRequest(parent=DOMAIN, call_id=call.call_id), timeout=TIMEOUT)
    now = sessions.GetSession(session_pb2.GetSessionRequest(name=session.name), timeout=TIMEOUT).session
    states = {one.id: one.state for one in now.legs}
    assert states[leg] == session_pb2.LEG_STATE_ENDED != states["im"], now
    say("the end of a call is not the end of the conversation")

    text_messages(sessions, to_sessions, ask)

    # A supervisor observes no more at once than he may.
    names = [session.name] + [sessions.StartSession(ask(), timeout=TIMEOUT).session.name for _ in range(MOST_OBSERVED)]

    def observe(name):
        return session_pb2.WatchSessionRequest(name=name, supervisor=mine)

    watched = [sessions.WatchSession(observe(name), timeout=TIMEOUT) for name in names[:MOST_OBSERVED]]
    assert [next(one).session.name for one in watched] == names[:MOST_OBSERVED]
    refused(sessions.WatchSession, observe(names[-1]), "TOO_MANY_CONTACTS", limit=str(MOST_OBSERVED))
    for name in names:
        end = session_pb2.EndSessionRequest(name=name, outcome=session_pb2.SESSION_OUTCOME_CANCELED)
        assert sessions.EndSession(end, timeout=TIMEOUT).session.state == session_pb2.SESSION_STATE_ENDED
    say("a supervisor observes as many as he may and no more")


if __name__ == "__main__":
    sys.exit(main())
