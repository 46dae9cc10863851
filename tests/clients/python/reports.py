"""What came of it, from Python: a disposition, an interaction, a report, a person's day, the audit.

Needs what flow.py needs. The address comes from EXPERTLINE_SESSION.
"""

import datetime
import os
import sys
import uuid

import grpc
from google.rpc import error_details_pb2, status_pb2

from expertline.v1 import report_pb2, report_pb2_grpc, session_pb2, session_pb2_grpc

DOMAIN = "domains/main"
TIMEOUT = 30  # seconds


def refusal(call, request):
    """The code and the reason of a call that must be refused."""
    try:
        call(request, timeout=TIMEOUT)
    except grpc.RpcError as error:
        for key, value in error.trailing_metadata():
            if key == "grpc-status-details-bin":
                for detail in status_pb2.Status.FromString(value).details:
                    info = error_details_pb2.ErrorInfo()
                    if detail.Unpack(info):
                        return error.code(), info.reason
        return error.code(), None
    raise AssertionError("it was not refused")


def main():
    channel = grpc.insecure_channel(os.environ.get("EXPERTLINE_SESSION", "127.0.0.1:7400"))
    reports = report_pb2_grpc.ReportServiceStub(channel)
    sessions = session_pb2_grpc.SessionServiceStub(channel)

    interaction = "py-report-" + uuid.uuid4().hex
    agent = "py-agent-" + uuid.uuid4().hex
    session = sessions.StartSession(
        session_pb2.StartSessionRequest(
            parent=DOMAIN,
            routing_point="billing",
            agent=session_pb2.Agent(id=agent),
            interaction=session_pb2.Interaction(id=interaction, case_key=interaction),
            request_id=str(uuid.uuid4()),
        ),
        timeout=TIMEOUT,
    ).session
    sessions.EndSession(session_pb2.EndSessionRequest(name=session.name), timeout=TIMEOUT)

    said = reports.SetDisposition(
        report_pb2.SetDispositionRequest(
            parent=DOMAIN,
            interaction=interaction,
            disposition=report_pb2.Disposition(code="solved", resolved=True, notes="Paid.", by="agent:" + agent),
        ),
        timeout=TIMEOUT,
    ).interaction
    assert said.disposition.resolved and said.first_contact == report_pb2.FIRST_CONTACT_UNSPECIFIED, said
    known = reports.GetInteraction(
        report_pb2.GetInteractionRequest(parent=DOMAIN, interaction=interaction), timeout=TIMEOUT
    ).interaction
    assert list(known.sessions) == [session.name] and known.case_key == interaction, known
    print("an interaction is disposed of", flush=True)

    day = session.create_time.ToDatetime().date()
    request = report_pb2.GetReportRequest(
        parent=DOMAIN,
        by=report_pb2.REPORT_BY_ROUTING_POINT,
        first_day=day.isoformat(),
        last_day=(day + datetime.timedelta(days=1)).isoformat(),
    )
    rows = {row.key: row for row in reports.GetReport(request, timeout=TIMEOUT).rows}
    assert rows["billing"].sessions >= 1 and rows["billing"].unknown >= 1, rows
    asked = report_pb2.GetPersonDayRequest(parent=DOMAIN, agent=agent, day=day.isoformat())
    his = reports.GetPersonDay(asked, timeout=TIMEOUT)
    assert [one.name for one in his.sessions] == [session.name] and his.row.sessions == 1, his
    reports.ListAudit(report_pb2.ListAuditRequest(parent=DOMAIN), timeout=TIMEOUT)
    print("the report has it, and the agent's day", flush=True)

    invalid = (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELD")
    unknown = report_pb2.GetInteractionRequest(parent=DOMAIN, interaction="py-of-nobody")
    assert refusal(reports.GetInteraction, unknown) == (grpc.StatusCode.NOT_FOUND, "UNKNOWN_INTERACTION")
    nothing = report_pb2.SetDispositionRequest(parent=DOMAIN, interaction=interaction)
    assert refusal(reports.SetDisposition, nothing) == invalid
    request.time_zone = "Mars/Phobos"
    assert refusal(reports.GetReport, request) == invalid
    asked.day = "today"
    assert refusal(reports.GetPersonDay, asked) == invalid
    page = report_pb2.ListAuditRequest(parent=DOMAIN, page_token="x")
    assert refusal(reports.ListAudit, page) == (grpc.StatusCode.OUT_OF_RANGE, "BAD_CURSOR")
    print("what is wrong is refused", flush=True)


if __name__ == "__main__":
    sys.exit(main())
