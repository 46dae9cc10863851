"""Presence from Python: an expert is created, says what he is doing, and a supervisor sees it.

Runs as flow.py does; see there.
"""

import os
import sys

import grpc
from google.rpc import error_details_pb2, status_pb2

from expertline.v1 import expert_pb2, expert_pb2_grpc, presence_pb2, presence_pb2_grpc

DOMAIN = "domains/main"
EXPERT = f"{DOMAIN}/experts/py-status"
TIMEOUT = 30  # seconds; for every single call


def reason_of(error):
    """The reason of a refused call."""
    for key, value in error.trailing_metadata():
        if key == "grpc-status-details-bin":
            for detail in status_pb2.Status.FromString(value).details:
                info = error_details_pb2.ErrorInfo()
                if detail.Unpack(info):
                    return info.reason
    return None


def until(stream, wanted):
    """The first contact that a watcher is told of that fits."""
    for response in stream:
        for contact in response.contacts:
            if wanted(contact):
                return contact
    raise AssertionError("the stream has ended")


def main():
    channel = grpc.insecure_channel(os.environ.get("EXPERTLINE_PRESENCE", "127.0.0.1:7400"))
    directory = expert_pb2_grpc.ExpertServiceStub(channel)
    presence = presence_pb2_grpc.PresenceServiceStub(channel)
    expert = expert_pb2.Expert(name=EXPERT, display_name="Status", capacities={"im": 1, "voice": 1})
    directory.CreateExpert(expert_pb2.CreateExpertRequest(parent=DOMAIN, expert=expert), timeout=TIMEOUT)

    watching = presence_pb2.WatchPresenceRequest(parent=DOMAIN, watcher="py-boss", experts=["py-status"])
    contacts = presence.WatchPresence(watching, timeout=TIMEOUT)
    until(contacts, lambda contact: contact.state == presence_pb2.PRESENCE_STATE_OFFLINE)

    def say(text):
        return presence.SetStatus(presence_pb2.SetStatusRequest(name=EXPERT, text=text), timeout=TIMEOUT)

    said = say("available, follow-me +44 113 496 0000")
    assert said.presence.state == presence_pb2.PRESENCE_STATE_ONLINE, said
    assert said.presence.number == "+441134960000", said
    until(contacts, lambda contact: contact.state == presence_pb2.PRESENCE_STATE_ONLINE)
    print("a number to follow makes him available", flush=True)

    try:
        say("gone fishing")
        raise AssertionError("what means nothing was taken")
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.INVALID_ARGUMENT, error
        assert reason_of(error) == "STATUS_NOT_UNDERSTOOD", error
    print("what is not understood is said back", flush=True)

    say("offline")
    until(contacts, lambda contact: contact.state == presence_pb2.PRESENCE_STATE_OFFLINE)
    contacts.cancel()
    fits = expert_pb2.ListExpertsRequest(parent=DOMAIN, filter="expert.name == 'Status'")
    assert [one.name for one in directory.ListExperts(fits, timeout=TIMEOUT).experts] == [EXPERT]
    directory.DeleteExpert(expert_pb2.DeleteExpertRequest(name=EXPERT), timeout=TIMEOUT)
    print("done", flush=True)


if __name__ == "__main__":
    sys.exit(main())
