"""The whole flow from Python: the platform's, the agent's and the expert's side, over gRPC alone.

Needs grpcio, protobuf, and code generated from proto/ (see ../CMakeLists.txt for the one protoc command).
Addresses come from EXPERTLINE_PRESENCE, EXPERTLINE_STRATEGY and EXPERTLINE_SESSION; `expertline up` serves all of them on
127.0.0.1:7400.
"""

import os
import queue
import sys
import threading
import time
import uuid

import grpc
from google.rpc import error_details_pb2, status_pb2

from expertline.v1 import common_pb2, conversation_pb2, desk_pb2, desk_pb2_grpc, expert_pb2, expert_pb2_grpc
from expertline.v1 import presence_pb2, presence_pb2_grpc, session_pb2, session_pb2_grpc
from expertline.v1 import strategy_pb2, strategy_pb2_grpc

DOMAIN = "domains/main"
TIMEOUT = 30  # seconds; for every single call

# Ask again on UNAVAILABLE only: then nothing is known of the outcome, and the same request_id gets the same answer.
SERVICE_CONFIG = """{"methodConfig": [{"name": [{}], "retryPolicy": {
    "maxAttempts": 5, "initialBackoff": "0.1s", "maxBackoff": "2s", "backoffMultiplier": 2,
    "retryableStatusCodes": ["UNAVAILABLE"]}}]}"""


def connect(address):
    return grpc.insecure_channel(address, options=[("grpc.service_config", SERVICE_CONFIG)])


def error_info(error):
    """The reason and the variables of a refused call."""
    for key, value in error.trailing_metadata():
        if key == "grpc-status-details-bin":
            for detail in status_pb2.Status.FromString(value).details:
                info = error_details_pb2.ErrorInfo()
                if detail.Unpack(info):
                    return info
    return None


class Desk:
    """One stream that speaks for experts: requests go out through a queue, what comes in is kept in order."""

    def __init__(self, channel, experts):
        self._outgoing = queue.Queue()
        self._incoming = []
        self._changed = threading.Condition()
        self._stream = desk_pb2_grpc.DeskServiceStub(channel).Desk(iter(self._outgoing.get, None))
        threading.Thread(target=self._read, daemon=True).start()
        self.ask(attach=desk_pb2.DeskAttach(parent=DOMAIN, experts=experts))

    def _read(self):
        try:
            for response in self._stream:
                with self._changed:
                    self._incoming.append(response)
                    self._changed.notify_all()
        except grpc.RpcError:
            pass  # a desk of a product attaches again here; everything still open comes again

    def wait_for(self, what, wanted):
        def found():
            return next((event for event in self._incoming if wanted(event)), None)

        with self._changed:
            assert self._changed.wait_for(found, TIMEOUT), "did not happen: " + what
            return found()

    def ask(self, refused="", **action):
        """Sends one request and returns its result, which must be refused for that reason, if one is given."""
        request_id = str(uuid.uuid4())
        self._outgoing.put(desk_pb2.DeskRequest(request_id=request_id, **action))
        result = self.wait_for(str(action), lambda event: event.result.request_id == request_id).result
        assert result.reason == refused, result
        return result

    def preview(self, expert, session):
        return self.wait_for(
            "preview for " + expert,
            lambda event: event.preview.expert == expert and event.preview.offer.session == session,
        ).preview

    def close(self):
        self._outgoing.put(None)
        self._stream.cancel()


def say(step):
    print("ok  ", step, flush=True)


def main():
    to_presence = connect(os.environ.get("EXPERTLINE_PRESENCE", "127.0.0.1:7400"))
    to_sessions = connect(os.environ.get("EXPERTLINE_SESSION", "127.0.0.1:7400"))
    directory = expert_pb2_grpc.ExpertServiceStub(to_presence)
    presence = presence_pb2_grpc.PresenceServiceStub(to_presence)
    sessions = session_pb2_grpc.SessionServiceStub(to_sessions)

    # Two experts enter the directory.
    for name in ("py-ann", "py-bob"):
        directory.CreateExpert(
            expert_pb2.CreateExpertRequest(
                parent=DOMAIN,
                request_id=str(uuid.uuid4()),
                expert=expert_pb2.Expert(
                    name=f"{DOMAIN}/experts/{name}",
                    display_name=name,
                    skills={"billing": 3},
                    capacities={"im": 1, "voice": 1},
                    dns={"voice": "dn-" + name},
                ),
            ),
            timeout=TIMEOUT,
        )
    say("experts are in the directory")

    # A source reports their presence; a desk speaks for both.
    reports = [
        presence_pb2.PresenceReport(
            expert=name,
            source="python-client",
            kind=presence_pb2.SOURCE_KIND_CLIENT,
            state=presence_pb2.PRESENCE_STATE_ONLINE,
            epoch=1,
            sequence=number,
        )
        for number, name in enumerate(("py-ann", "py-bob"), 1)
    ]
    answer = presence.ReportPresence(
        presence_pb2.ReportPresenceRequest(parent=DOMAIN, reports=reports), timeout=TIMEOUT
    )
    assert not answer.refused, answer
    say("presence is reported")
    desk = Desk(to_sessions, ["py-ann", "py-bob"])
    say("the desk is attached")

    # An agent asks. What is attached travels with the interaction, binary values too.
    binary = bytes(range(256))
    session = sessions.StartSession(
        session_pb2.StartSessionRequest(
            parent=DOMAIN,
            routing_point="billing",
            agent=session_pb2.Agent(id="py-agent", display_name="Py Agent"),
            interaction=session_pb2.Interaction(id="py-call-1", channel="voice"),
            user_data=common_pb2.UserData(
                values={
                    "topic": common_pb2.UserValue(text="a wrong bill"),
                    "account": common_pb2.UserValue(number=4711),
                    "token": common_pb2.UserValue(binary=binary),
                }
            ),
            text="Can you help me with a bill?",
            request_id=str(uuid.uuid4()),
        ),
        timeout=TIMEOUT,
    ).session
    say("the session begins")

    # The first expert declines, the other one is asked and accepts.
    first = desk.wait_for(
        "a preview", lambda event: event.preview.offer.session == session.name
    ).preview
    assert first.message == "Billing question about a wrong bill", first
    other = "py-bob" if first.expert == "py-ann" else "py-ann"
    reasons = sessions.ListDeclineReasons(
        session_pb2.ListDeclineReasonsRequest(parent=DOMAIN, language="de"), timeout=TIMEOUT
    ).reasons
    assert not reasons, reasons  # any words
    assert first.headline.endswith(" asks for help"), first
    declined = desk.ask(decline=desk_pb2.DeskDecline(offer=first.offer, reason="in a meeting"))
    assert declined.outcome == common_pb2.OFFER_OUTCOME_DECLINED, declined
    say(first.expert + " declines")
    second = desk.preview(other, session.name)
    accepted = desk.ask(accept=desk_pb2.DeskAccept(offer=second.offer))
    assert accepted.outcome == common_pb2.OFFER_OUTCOME_ACCEPTED, accepted
    say(other + " accepts")

    # An analyst looks at the strategy that asked them, and why each of them was asked.
    strategies = strategy_pb2_grpc.StrategyServiceStub(
        connect(os.environ.get("EXPERTLINE_STRATEGY", "127.0.0.1:7400"))
    )
    listed = strategies.ListStrategies(strategy_pb2.ListStrategiesRequest(parent=DOMAIN), timeout=TIMEOUT)
    billing = next(one for one in listed.strategies if one.name == "billing")
    live = next(revision.revision for revision in billing.revisions if revision.live)
    decisions = []
    for _ in range(100):  # decisions are kept a moment after they were made
        decisions = strategies.ExplainLeg(
            strategy_pb2.ExplainLegRequest(session=session.name), timeout=TIMEOUT
        ).decisions
        if len(decisions) >= 2:
            break
        time.sleep(0.1)
    assert [list(one.decision.reserved) for one in decisions] == [[first.expert], [other]], decisions
    assert all(one.exact and one.decision.revision == live for one in decisions), decisions
    verdicts = {verdict.expert: verdict.reason for verdict in decisions[1].steps[0].experts}
    assert verdicts == {first.expert: "asked_before", other: "ready"}, verdicts
    say("the decisions are explained")

    # The platform watches the session: whole states, with the messages in between.
    watch = sessions.WatchSession(session_pb2.WatchSessionRequest(name=session.name), timeout=TIMEOUT)
    for event in watch:
        if event.HasField("session") and event.session.legs[0].state == session_pb2.LEG_STATE_ACTIVE:
            targets = {target.via: target.dn for target in event.session.voice_targets}
            break
    assert targets[session_pb2.VOICE_VIA_DIRECT] == "dn-" + other, targets
    say("the agent is told how the call may follow")

    # They talk.
    desk.ask(send_message=desk_pb2.DeskSendMessage(session=session.name, expert=other, text="Gladly."))
    for event in watch:
        if event.HasField("message") and event.message.text == "Gladly.":
            assert event.message.author == conversation_pb2.MESSAGE_AUTHOR_EXPERT
            break
    sessions.SendMessage(
        session_pb2.SendMessageRequest(
            session=session.name, text="Thank you.", request_id=str(uuid.uuid4())
        ),
        timeout=TIMEOUT,
    )
    desk.wait_for("the agent's message", lambda event: event.message.message.text == "Thank you.")
    say("they talk")

    # A picture, which the other side gets byte by byte; a drawing with scripts is refused.
    picture = conversation_pb2.File(
        name="accident.png", media_type="image/png", content=b"\x89PNG\r\n\x1a\n" + bytes(range(256))
    )
    sent = sessions.SendMessage(
        session_pb2.SendMessageRequest(session=session.name, file=picture, request_id=str(uuid.uuid4())),
        timeout=TIMEOUT,
    )
    shown = desk.wait_for("the picture", lambda event: event.message.message.id == sent.message_id)
    assert shown.message.message.file.content == picture.content
    drawing = conversation_pb2.File(name="a.png", media_type="image/svg+xml", content=b"<svg/>")
    try:
        sessions.SendMessage(
            session_pb2.SendMessageRequest(session=session.name, file=drawing), timeout=TIMEOUT
        )
        raise AssertionError("a drawing with scripts was taken")
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.PERMISSION_DENIED, error
        assert error_info(error).reason == "CONTENT_NOT_ALLOWED", error
        assert error_info(error).metadata["rule"] == "files.types", error
    say("a picture is sent, a script is refused")

    # A ready-made text of the expert's, in German; who is typing, and what was read.
    texts = sessions.ListPresetTexts(
        session_pb2.ListPresetTextsRequest(
            parent=DOMAIN, language="de", side=conversation_pb2.MESSAGE_AUTHOR_EXPERT
        ),
        timeout=TIMEOUT,
    ).texts
    assert [(text.id, text.text) for text in texts] == [("solved", "Es ist geklärt.")], texts
    sessions.SendTyping(session_pb2.SendTypingRequest(session=session.name), timeout=TIMEOUT)
    desk.wait_for("the agent types", lambda event: event.HasField("typing"))
    desk.ask(mark=desk_pb2.DeskMark(session=session.name, expert=other, read=sent.message_id))
    desk.ask(typing=desk_pb2.DeskTyping(session=session.name, expert=other))
    desk.ask(
        send_message=desk_pb2.DeskSendMessage(session=session.name, expert=other, preset="solved", language="de")
    )
    typed, seen, last = False, False, None
    for event in watch:
        typed = typed or event.HasField("typing")
        seen = seen or any(one.read == sent.message_id for one in event.session.participants)
        if event.message.preset == "solved":
            assert event.message.text == "Es ist geklärt.", event
            last = event.message.id
        if typed and seen and last:
            break
    sessions.MarkMessages(
        session_pb2.MarkMessagesRequest(session=session.name, read=last), timeout=TIMEOUT
    )
    desk.wait_for(
        "the agent has read it",
        lambda event: any(one.read == last for one in event.leg_update.participants),
    )
    say("typing, ready-made texts and marks")

    # The customer's call follows: the expert's line is held, the call is routed to him, and it ends.
    prepared = sessions.PrepareVoice(
        session_pb2.PrepareVoiceRequest(
            session=session.name,
            via=session_pb2.VOICE_VIA_ROUTING_POINT,
            kind=session_pb2.CALL_KIND_TRANSFER,
            request_id=str(uuid.uuid4()),
        ),
        timeout=TIMEOUT,
    )
    assert prepared.user_data.values["expert_id"].text == other, prepared
    assert prepared.user_data.values["token"].binary == binary
    assert prepared.user_data.values["account"].number == 4711
    call = sessions.RouteCall(
        session_pb2.RouteCallRequest(
            parent=DOMAIN,
            call_id="py-call-2",
            parent_call_id="py-call-1",
            kind=session_pb2.CALL_KIND_TRANSFER,
            routing_point=prepared.target.dn,
            session=session.name,
            user_data=prepared.user_data,
        ),
        timeout=TIMEOUT,
    )
    routed = next(event for event in call if event.progress == session_pb2.CALL_PROGRESS_ROUTED)
    assert routed.dn == "dn-" + other, routed
    assert routed.user_data.values["token"].binary == binary
    for event, state in (
        (session_pb2.VOICE_EVENT_RINGING, session_pb2.LEG_STATE_CONNECTING),
        (session_pb2.VOICE_EVENT_ANSWERED, session_pb2.LEG_STATE_ACTIVE),
        (session_pb2.VOICE_EVENT_JOINED, session_pb2.LEG_STATE_ACTIVE),
        (session_pb2.VOICE_EVENT_RELEASED, session_pb2.LEG_STATE_ENDED),
    ):
        report = session_pb2.ReportVoiceRequest(parent=DOMAIN, call_id="py-call-2", event=event)
        assert sessions.ReportVoice(report, timeout=TIMEOUT).state == state
    say("the call is transferred to " + routed.dn)

    # A refusal says why, with its variables.
    try:
        sessions.StartSession(
            session_pb2.StartSessionRequest(
                parent=DOMAIN,
                routing_point="nowhere",
                agent=session_pb2.Agent(id="py-agent"),
                interaction=session_pb2.Interaction(id="py-call-3"),
            ),
            timeout=TIMEOUT,
        )
        raise AssertionError("an unknown routing point was taken")
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.NOT_FOUND, error
        info = error_info(error)
        assert info.reason == "UNKNOWN_ROUTING_POINT", info
        assert info.metadata["routing_point"] == "nowhere", info
    try:
        sessions.StartSession(
            session_pb2.StartSessionRequest(
                parent=DOMAIN,
                routing_point="billing",
                agent=session_pb2.Agent(id="py-agent", site="home"),
                interaction=session_pb2.Interaction(id="py-call-4"),
            ),
            timeout=TIMEOUT,
        )
        raise AssertionError("an agent at home was let in")
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.PERMISSION_DENIED, error
        assert error_info(error).metadata["why"] == "Not from home", error
    say("a refusal says why")

    ended = sessions.EndSession(
        session_pb2.EndSessionRequest(name=session.name, request_id=str(uuid.uuid4())), timeout=TIMEOUT
    ).session
    assert ended.outcome == session_pb2.SESSION_OUTCOME_HELPED, ended
    assert [event for event in watch][-1].session.state == session_pb2.SESSION_STATE_ENDED
    say("the session ends: helped")
    desk.close()
    for name in ("py-ann", "py-bob"):
        directory.DeleteExpert(
            expert_pb2.DeleteExpertRequest(name=f"{DOMAIN}/experts/{name}"), timeout=TIMEOUT
        )


if __name__ == "__main__":
    sys.exit(main())
