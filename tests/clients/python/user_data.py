"""User data of the most bytes that an operator may allow, through every move of a session, byte by byte.

user_data.py EXPERTLINE STRATEGIES: starts `expertline up` with that limit on a free port of loopback, and stops it.
"""

import os
import socket
import subprocess
import sys
import tempfile

import grpc

from expertline.v1 import common_pb2, desk_pb2, expert_pb2, expert_pb2_grpc, presence_pb2, presence_pb2_grpc
from expertline.v1 import session_pb2, session_pb2_grpc
from flow import DOMAIN, TIMEOUT, Desk, connect, error_info, say

LIMIT = 65_535
ANN, BOB, CYD = EXPERTS = ("data-ann", "data-bob", "data-cyd")


def user_data(size):
    """Nested lists, all kinds and all bytes; keys and values together have `size` bytes, of which a number counts 8."""
    values = {
        "customer.address.city\\.of": common_pb2.UserValue(text="Zürich"),
        "customer.phones.0": common_pb2.UserValue(text=""),
        "customer.phones.1": common_pb2.UserValue(number=-(2**63)),
        "blob": common_pb2.UserValue(binary=b""),
    }
    used = sum(len(key) for key in values) + len("Zürich".encode()) + 8
    values["blob"].binary = bytes(i * 7 % 256 for i in range(size - used))
    return common_pb2.UserData(values=values)


def refused(call, request):
    try:
        call(request, timeout=TIMEOUT)
    except grpc.RpcError as error:
        info = error_info(error)
        assert info.reason == "USER_DATA_TOO_LARGE" and info.metadata["limit"] == str(LIMIT), error
        return int(info.metadata["bytes"])
    raise AssertionError("it was taken")


def play(address):
    channel = connect(address)
    grpc.channel_ready_future(channel).result(timeout=60)
    sessions = session_pb2_grpc.SessionServiceStub(channel)
    directory = expert_pb2_grpc.ExpertServiceStub(channel)
    presence = presence_pb2_grpc.PresenceServiceStub(channel)

    def come(name):
        report = presence_pb2.PresenceReport(
            expert=name,
            source="data",
            kind=presence_pb2.SOURCE_KIND_CLIENT,
            state=presence_pb2.PRESENCE_STATE_ONLINE,
            epoch=1,
            sequence=1 + EXPERTS.index(name),
        )
        request = presence_pb2.ReportPresenceRequest(parent=DOMAIN, reports=[report])
        answer = presence.ReportPresence(request, timeout=TIMEOUT)
        assert not answer.refused, answer

    for name in EXPERTS:
        expert = expert_pb2.Expert(
            name=f"{DOMAIN}/experts/{name}",
            skills={} if name == BOB else {"billing": 3},
            capacities={"im": 1, "voice": 1},
            dns={"voice": "dn-" + name},
        )
        directory.CreateExpert(
            expert_pb2.CreateExpertRequest(parent=DOMAIN, expert=expert), timeout=TIMEOUT, wait_for_ready=True
        )
    come(BOB)
    come(ANN)
    desk = Desk(channel, EXPERTS)

    attached = user_data(LIMIT)

    def as_attached(data, where):
        for key, value in attached.values.items():
            assert data.values[key] == value, f"{where}: {key} differs"

    def ask(data):
        return session_pb2.StartSessionRequest(
            parent=DOMAIN,
            routing_point="billing",
            agent=session_pb2.Agent(id="data-agent"),
            interaction=session_pb2.Interaction(id="data-call"),
            user_data=data,
        )

    assert refused(sessions.StartSession, ask(user_data(LIMIT + 1))) == LIMIT + 1
    name = sessions.StartSession(ask(attached), timeout=TIMEOUT).session.name
    say("one byte too many is refused with the limit")

    def accepted(expert, leg):
        preview = desk.preview(expert, name)
        desk.ask(accept=desk_pb2.DeskAccept(offer=preview.offer))
        update = desk.wait_for(
            "the leg of " + expert,
            lambda event: event.leg_update.expert == expert and event.leg_update.user_data.values,
        ).leg_update
        as_attached(update.user_data, f"the desk of {expert}, {leg}")

    accepted(ANN, "who was asked")
    add = session_pb2.AddParticipantRequest(session=name, expert=BOB)
    more = sessions.AddParticipant(add, timeout=TIMEOUT).leg
    accepted(BOB, "one more")
    sessions.CancelLeg(session_pb2.CancelLegRequest(session=name, leg=more), timeout=TIMEOUT)
    come(CYD)
    transfer = session_pb2.TransferSessionRequest(session=name, leg="im", routing_point="billing")
    sessions.TransferSession(transfer, timeout=TIMEOUT)
    accepted(CYD, "after a transfer")
    change = session_pb2.ChangeAgentRequest(session=name, agent=session_pb2.Agent(id="data-agent-2"))
    as_attached(sessions.ChangeAgent(change, timeout=TIMEOUT).session.user_data, "ChangeAgent")
    say("they reach one more expert, another expert and another agent")

    # What the strategy attached comes on top, and the call brings all of it back.
    prepare = session_pb2.PrepareVoiceRequest(
        session=name, via=session_pb2.VOICE_VIA_ROUTING_POINT, kind=session_pb2.CALL_KIND_TRANSFER
    )
    prepared = sessions.PrepareVoice(prepare, timeout=TIMEOUT)
    as_attached(prepared.user_data, "PrepareVoice")
    assert prepared.user_data.values["expert_id"].text, prepared
    call = session_pb2.RouteCallRequest(
        parent=DOMAIN,
        call_id="data-call-2",
        kind=session_pb2.CALL_KIND_TRANSFER,
        routing_point=prepared.target.dn,
        session=name,
        user_data=prepared.user_data,
    )
    told = sessions.RouteCall(call, timeout=TIMEOUT)
    routed = next(event for event in told if event.progress == session_pb2.CALL_PROGRESS_ROUTED)
    as_attached(routed.user_data, "RouteCall")
    for event in (session_pb2.VOICE_EVENT_ANSWERED, session_pb2.VOICE_EVENT_RELEASED):
        report = session_pb2.ReportVoiceRequest(parent=DOMAIN, call_id="data-call-2", event=event)
        sessions.ReportVoice(report, timeout=TIMEOUT)
    after = sessions.GetSession(session_pb2.GetSessionRequest(name=name), timeout=TIMEOUT).session
    as_attached(after.user_data, "after the call")
    say("they go with the call and come back")

    update = session_pb2.UpdateUserDataRequest(session=name)
    update.set["x"].text = ""
    refused(sessions.UpdateUserData, update)
    update.delete.append("blob")
    sessions.UpdateUserData(update, timeout=TIMEOUT)
    sessions.EndSession(session_pb2.EndSessionRequest(name=name), timeout=TIMEOUT)
    desk.close()
    say("an update may not add to them, but take away")


def main():
    command, strategies = sys.argv[1:]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = "127.0.0.1:%d" % free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder, open(os.path.join(folder, "log"), "w+") as log:
        system = subprocess.Popen(
            [command, "up", "--listen", address, "--data", os.path.join(folder, "data"), "--strategies", strategies]
            + ["--user-data-limit", str(LIMIT)],
            stdout=log,
            stderr=log,
        )
        try:
            play(address)
        except BaseException:
            log.seek(0)
            sys.stderr.write(log.read())
            raise
        finally:
            system.terminate()
            system.wait()


if __name__ == "__main__":
    sys.exit(main())
