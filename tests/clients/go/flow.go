// The seed flow from Go: the platform's, the agent's and the expert's side, over gRPC alone.
//
// Addresses come from EXPERTLINE_PRESENCE and EXPERTLINE_SESSION; `expertline up` serves both on 127.0.0.1:7400.
// EXPERTLINE_SERVICE_CONFIG is the file ../service-config.json. How it is built is in ./build.
package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"

	el "expertline/v1"
)

const domain = "domains/main"

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "go client:", err)
		os.Exit(1)
	}
}

func must(holds bool, what string, got ...interface{}) {
	if !holds {
		check(fmt.Errorf("%s: %v", what, got))
	}
}

func say(step string) { fmt.Println("ok  ", step) }

// A new one for each thing that is done, the same one when it is asked again.
func requestID() string {
	var b [16]byte
	_, err := rand.Read(b[:])
	check(err)
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func connect(variable string) *grpc.ClientConn {
	address := os.Getenv(variable)
	if address == "" {
		address = "127.0.0.1:7400"
	}
	config, err := os.ReadFile(os.Getenv("EXPERTLINE_SERVICE_CONFIG"))
	check(err)
	connection, err := grpc.Dial(address, grpc.WithInsecure(), grpc.WithDefaultServiceConfig(string(config)),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: time.Minute, Timeout: 20 * time.Second}))
	check(err)
	return connection
}

// Desk is one stream that speaks for experts. What comes in is read until what is looked for is there; what was passed
// over is kept.
type desk struct {
	stream el.DeskService_DeskClient
	kept   []*el.DeskResponse
}

func (d *desk) next(what string, wanted func(*el.DeskResponse) bool) *el.DeskResponse {
	for i, event := range d.kept {
		if wanted(event) {
			d.kept = append(d.kept[:i], d.kept[i+1:]...)
			return event
		}
	}
	for {
		event, err := d.stream.Recv()
		if err != nil {
			check(fmt.Errorf("waiting for %s: %v", what, err))
		}
		if wanted(event) {
			return event
		}
		d.kept = append(d.kept, event)
	}
}

// Sends one request and gives its result.
func (d *desk) ask(request *el.DeskRequest) *el.DeskResult {
	request.RequestId = requestID()
	check(d.stream.Send(request))
	result := d.next("a result", func(event *el.DeskResponse) bool {
		return event.GetResult().GetRequestId() == request.RequestId
	}).GetResult()
	must(result.Code == 0, "the desk was refused", result)
	return result
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	toPresence, toSessions := connect("EXPERTLINE_PRESENCE"), connect("EXPERTLINE_SESSION")
	directory, presence := el.NewExpertServiceClient(toPresence), el.NewPresenceServiceClient(toPresence)
	sessions := el.NewSessionServiceClient(toSessions)

	const expert = "go-ann"
	_, err := directory.CreateExpert(ctx, &el.CreateExpertRequest{
		Parent: domain, RequestId: requestID(),
		Expert: &el.Expert{
			Name: domain + "/experts/" + expert, DisplayName: "Ann", Skills: map[string]int32{"billing": 3},
			Capacities: map[string]int32{"im": 1, "voice": 1}, Dns: map[string]string{"voice": "dn-" + expert},
		},
	})
	check(err)
	answer, err := presence.ReportPresence(ctx, &el.ReportPresenceRequest{
		Parent: domain,
		Reports: []*el.PresenceReport{{
			Expert: expert, Source: "go-client", Kind: el.SourceKind_SOURCE_KIND_CLIENT,
			State: el.PresenceState_PRESENCE_STATE_ONLINE, Epoch: 1, Sequence: 1,
		}},
	})
	check(err)
	must(len(answer.Refused) == 0, "a report was refused", answer)
	say("the expert is in the directory and online")

	stream, err := el.NewDeskServiceClient(toSessions).Desk(ctx)
	check(err)
	experts := desk{stream: stream}
	experts.ask(&el.DeskRequest{Action: &el.DeskRequest_Attach{
		Attach: &el.DeskAttach{Parent: domain, Experts: []string{expert}}}})
	say("the desk is attached")

	begun, err := sessions.StartSession(ctx, &el.StartSessionRequest{
		Parent: domain, RoutingPoint: "billing", RequestId: requestID(),
		Agent:       &el.Agent{Id: "go-agent", DisplayName: "Go Agent"},
		Interaction: &el.Interaction{Id: "go-call-1", Channel: "voice"},
		UserData: &el.UserData{Values: map[string]*el.UserValue{
			"topic": {Kind: &el.UserValue_Text{Text: "a wrong bill"}}}},
		Text: "Can you help me with a bill?",
	})
	check(err)
	session := begun.Session.Name
	say("the session begins")

	preview := experts.next("the preview", func(event *el.DeskResponse) bool {
		return event.GetPreview().GetOffer().GetSession() == session
	}).GetPreview()
	must(preview.Message == "Billing question about a wrong bill", "the preview's words", preview)
	accepted := experts.ask(&el.DeskRequest{Action: &el.DeskRequest_Accept{Accept: &el.DeskAccept{Offer: preview.Offer}}})
	must(accepted.Outcome == el.OfferOutcome_OFFER_OUTCOME_ACCEPTED, "accept", accepted)
	say("the expert accepts")

	watch, err := sessions.WatchSession(ctx, &el.WatchSessionRequest{Name: session})
	check(err)
	experts.ask(&el.DeskRequest{Action: &el.DeskRequest_SendMessage{
		SendMessage: &el.DeskSendMessage{Session: session, Expert: expert, Text: "Gladly."}}})
	for {
		event, err := watch.Recv()
		check(err)
		if event.GetMessage().GetText() == "Gladly." {
			break
		}
	}
	say("the agent reads the answer")

	prepared, err := sessions.PrepareVoice(ctx, &el.PrepareVoiceRequest{
		Session: session, Via: el.VoiceVia_VOICE_VIA_ROUTING_POINT, Kind: el.CallKind_CALL_KIND_TRANSFER,
		RequestId: requestID(),
	})
	check(err)
	call, err := sessions.RouteCall(ctx, &el.RouteCallRequest{
		Parent: domain, CallId: "go-call-2", ParentCallId: "go-call-1", Kind: el.CallKind_CALL_KIND_TRANSFER,
		RoutingPoint: prepared.Target.Dn, UserData: prepared.UserData,
	})
	check(err)
	for {
		event, err := call.Recv()
		check(err)
		if event.Progress == el.CallProgress_CALL_PROGRESS_ROUTED {
			must(event.Dn == "dn-"+expert, "the call is routed to the expert", event)
			break
		}
	}
	for _, what := range []el.VoiceEvent{el.VoiceEvent_VOICE_EVENT_ANSWERED, el.VoiceEvent_VOICE_EVENT_RELEASED} {
		_, err = sessions.ReportVoice(ctx, &el.ReportVoiceRequest{Parent: domain, CallId: "go-call-2", Event: what})
		check(err)
	}
	say("the call is transferred")

	_, err = sessions.StartSession(ctx, &el.StartSessionRequest{
		Parent: domain, RoutingPoint: "nowhere", Agent: &el.Agent{Id: "go-agent"},
		Interaction: &el.Interaction{Id: "go-call-3"}})
	must(status.Code(err) == codes.NotFound, "an unknown routing point", err)
	info := status.Convert(err).Details()[0].(*errdetails.ErrorInfo)
	must(info.Reason == "UNKNOWN_ROUTING_POINT" && info.Metadata["routing_point"] == "nowhere", "the refusal", info)
	say("a refusal says why")

	ended, err := sessions.EndSession(ctx, &el.EndSessionRequest{Name: session, RequestId: requestID()})
	check(err)
	must(ended.Session.Outcome == el.SessionOutcome_SESSION_OUTCOME_HELPED, "the outcome", ended)
	for {
		if _, err := watch.Recv(); err == io.EOF {
			break
		} else {
			check(err)
		}
	}
	say("the session ends: helped")
	check(stream.CloseSend())
	_, err = directory.DeleteExpert(ctx, &el.DeleteExpertRequest{Name: domain + "/experts/" + expert})
	check(err)
}
