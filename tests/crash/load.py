"""People at work: experts at their desks who accept, decline or ignore, agents who ask, wait, transfer, call and give
up. All that they ask and are told goes into the history."""

import queue
import random
import threading
import time
import uuid

import grpc

from expertline.v1 import common_pb2, desk_pb2, desk_pb2_grpc, expert_pb2, expert_pb2_grpc, presence_pb2
from expertline.v1 import presence_pb2_grpc, session_pb2, session_pb2_grpc

CALL_S = 3
AGAIN = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
EXPERTS = {"main": ["ann", "bob", "cyd"], "other": ["dan", "eve"]}


def channel(target):
    return grpc.insecure_channel(target, options=[
        ("grpc.lb_policy_name", "round_robin"), ("grpc.use_local_subchannel_pool", 1),
        ("grpc.min_reconnect_backoff_ms", 100), ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.max_reconnect_backoff_ms", 300), ("grpc.keepalive_time_ms", 10000), ("grpc.keepalive_timeout_ms", 2000)])


class Load:
    def __init__(self, system, history, seed, calm, agents=8):
        self.system, self.history, self.seed, self.calm = system, history, seed, calm
        self.closing, self.silent = threading.Event(), threading.Event()
        self.last_preview = 0
        self.enter()
        self.desks = [threading.Thread(target=self.desk, args=(domain, names, random.Random(f"{seed} {names}")))
                      for domain, all_ in EXPERTS.items() for names in (all_[:2], all_[2:]) if names]
        self.agents = [threading.Thread(target=self.agent, args=(i, random.Random(f"{seed} agent {i}")))
                       for i in range(agents)]
        for one in [*self.desks, *self.agents]:
            one.start()

    def ask(self, call, request, seconds=60):
        """Asks until there is an answer; None if it was refused or there never was one."""
        end = time.time() + seconds
        while time.time() < end and not self.closing.is_set():
            try:
                return call(request, timeout=CALL_S)
            except grpc.RpcError as error:
                if error.code() not in AGAIN:
                    self.history.add("refused", call=type(request).__name__, code=error.code().name,
                                     why=error.details())
                    return None
                time.sleep(0.1)
        return None

    def enter(self):
        to = channel(self.system.target("presence-ingest"))
        directory, presence = expert_pb2_grpc.ExpertServiceStub(to), presence_pb2_grpc.PresenceServiceStub(to)
        for domain, names in EXPERTS.items():
            for name in names:
                expert = expert_pb2.Expert(name=f"domains/{domain}/experts/{name}", skills={"help": 1},
                                           capacities={"im": 2 if name == "cyd" else 1, "voice": 1},
                                           dns={"voice": name})
                self.ask(directory.CreateExpert, expert_pb2.CreateExpertRequest(
                    parent=f"domains/{domain}", expert=expert, request_id=str(uuid.uuid4())))
            reports = [presence_pb2.PresenceReport(expert=name, source="crash", kind=presence_pb2.SOURCE_KIND_CLIENT,
                                                   state=presence_pb2.PRESENCE_STATE_ONLINE, epoch=1, sequence=1)
                       for name in names]
            answer = self.ask(presence.ReportPresence, presence_pb2.ReportPresenceRequest(
                parent=f"domains/{domain}", reports=reports))
            assert answer and not answer.refused, answer

    # Experts ----------------------------------------------------------------------------------------------------------

    def desk(self, domain, experts, draw):
        while not self.closing.is_set():
            outgoing, later = queue.Queue(), {}
            to = channel(self.system.target("session-bridge"))
            outgoing.put(desk_pb2.DeskRequest(request_id="attach", attach=desk_pb2.DeskAttach(
                parent="domains/" + domain, experts=experts)))
            stream = desk_pb2_grpc.DeskServiceStub(to).Desk(iter(outgoing.get, None))
            stop = threading.Thread(target=lambda: (self.closing.wait(), stream.cancel()), daemon=True)
            stop.start()
            try:
                for event in stream:
                    self.at_desk(event, outgoing, later, draw)
            except grpc.RpcError:
                pass
            outgoing.put(None)
            to.close()
            self.closing.wait(0.1)

    def at_desk(self, event, outgoing, later, draw):
        kind = event.WhichOneof("event")
        if kind == "preview":
            p = event.preview
            offer = [p.offer.session, p.offer.leg, p.offer.n]
            self.last_preview = time.time()
            left = p.time_left.seconds + p.time_left.nanos / 1e9
            self.history.add("preview", offer=offer, expert=p.expert, left=left)
            what = draw.random()
            if what < 0.2 and not self.silent.is_set():
                return  # ignores it
            pause = draw.choice([0, 0, 0.2, 0.95, 1.3])  # some are late
            answers = [("decline", pause)] if what < 0.4 else [("accept", pause)]
            if what < 0.27:
                answers.append(("accept", pause + 0.3))  # thinks better of it
            for how, pause in answers:
                request = desk_pb2.DeskRequest(request_id=str(uuid.uuid4()))
                getattr(request, how).offer.CopyFrom(p.offer)
                later[request.request_id] = (how, offer, p.expert)
                threading.Timer(pause, self.answer, [outgoing, request, offer, p.expert]).start()
        elif kind == "offer_closed":
            c = event.offer_closed
            offer = [c.offer.session, c.offer.leg, c.offer.n]
            self.history.add("closed", offer=offer, expert=c.expert, outcome=c.outcome)
        elif kind == "result" and event.result.request_id in later:
            how, offer, expert = later.pop(event.result.request_id)
            r = event.result
            self.history.add("answered", how=how, offer=offer, expert=expert, code=r.code, outcome=r.outcome,
                             calm=self.calm)
        elif kind == "leg_update":
            leg = event.leg_update.leg
            self.history.add("leg", session=event.leg_update.session, leg=leg.id, version=leg.version, state=leg.state,
                             desk=True, expert=event.leg_update.expert)

    def answer(self, outgoing, request, offer, expert):
        self.history.add("sent", how=request.WhichOneof("action"), offer=offer, expert=expert)
        outgoing.put(request)

    # Agents -----------------------------------------------------------------------------------------------------------

    def see(self, asked, session):
        self.history.add("seen", asked=asked, session=session.name, revision=session.revision,
                         state=session.state, legs=[
            {"id": l.id, "state": l.state, "version": l.version, "expert": l.expert,
             "offers": [[o.n, o.expert.rsplit("/", 1)[-1], o.outcome] for o in l.offers]} for l in session.legs],
            data={k: (v.binary or v.text.encode()).hex() for k, v in session.user_data.values.items()})

    def agent(self, number, draw):
        to = channel(self.system.target("session-bridge"))
        sessions = session_pb2_grpc.SessionServiceStub(to)
        domain = "other" if number % 4 == 3 else "main"
        while not self.closing.is_set() and not self.silent.is_set():
            self.escalate(sessions, domain, number, draw)
        to.close()

    def escalate(self, sessions, domain, number, draw):
        blob = draw.getrandbits(8 * 64).to_bytes(64, "big")
        mine = str(uuid.uuid4())
        request = session_pb2.StartSessionRequest(
            parent="domains/" + domain, routing_point="help", agent=session_pb2.Agent(id=f"agent-{number}"),
            interaction=session_pb2.Interaction(id=mine), request_id=mine, user_data=common_pb2.UserData(
                values={"blob": common_pb2.UserValue(binary=blob),
                        "topic": common_pb2.UserValue(text="a \u00e9 " + mine)}))
        data = {"blob": blob.hex(), "topic": ("a \u00e9 " + mine).encode().hex()}
        answer = self.ask(sessions.StartSession, request)
        if not answer:
            return
        name = answer.session.name
        if draw.random() < 0.2:  # as if the answer had been lost
            again = self.ask(sessions.StartSession, request)
            if again:
                self.history.add("started", request=mine, session=again.session.name, domain=domain, data=data)
        self.history.add("started", request=mine, session=name, domain=domain, data=data)
        gives_up = time.time() + (draw.uniform(0, 2) if draw.random() < 0.1 else 45)
        active = None
        while time.time() < gives_up and not self.closing.is_set():
            session = self.get(sessions, name)
            if session is None or session.state == session_pb2.SESSION_STATE_ENDED:
                return
            active = next((l for l in session.legs if l.state == session_pb2.LEG_STATE_ACTIVE), None)
            if active:
                break
            time.sleep(draw.uniform(0.1, 0.3))
        if active:
            what = draw.random()
            if what < 0.2:
                self.call(sessions, name, draw)
            elif what < 0.35:
                self.ask(sessions.TransferSession, session_pb2.TransferSessionRequest(
                    session=name, routing_point="help", request_id=str(uuid.uuid4())))
                time.sleep(draw.uniform(0, 2))
            else:
                time.sleep(draw.uniform(0, 0.5))
            self.get(sessions, name)
        self.history.add("ending", session=name)
        if self.ask(sessions.EndSession, session_pb2.EndSessionRequest(name=name)):
            self.history.add("ended", session=name)
        self.get(sessions, name)

    def get(self, sessions, name):
        asked = time.time()
        answer = self.ask(sessions.GetSession, session_pb2.GetSessionRequest(name=name))
        if not answer:
            self.history.add("missing", session=name)
            return None
        self.see(asked, answer.session)
        return answer.session

    def call(self, sessions, name, draw):
        """The customer's call follows: held, or also answered and over."""
        id_ = str(uuid.uuid4())
        direct = draw.random() < 0.5
        via = session_pb2.VOICE_VIA_DIRECT if direct else session_pb2.VOICE_VIA_ROUTING_POINT
        held = self.ask(sessions.PrepareVoice, session_pb2.PrepareVoiceRequest(
            session=name, via=via, kind=session_pb2.CALL_KIND_TRANSFER, call_id=id_ if direct else "", request_id=id_))
        if not held:
            return
        self.history.add("held", session=name, leg=held.leg,
                         data={k: (v.binary or v.text.encode()).hex() for k, v in held.user_data.values.items()})
        parent = "/".join(name.split("/")[:2])
        if not direct:
            request = session_pb2.RouteCallRequest(parent=parent, call_id=id_, kind=session_pb2.CALL_KIND_TRANSFER,
                                                   routing_point="8001", session=name, user_data=held.user_data)
            final = (session_pb2.CALL_PROGRESS_ROUTED, session_pb2.CALL_PROGRESS_DEFAULT)
            if not self.ask(lambda r, timeout: next((e for e in sessions.RouteCall(r, timeout=timeout)
                                                     if e.progress in final), None), request):
                return
        for event in (session_pb2.VOICE_EVENT_ANSWERED, session_pb2.VOICE_EVENT_RELEASED)[: draw.randrange(3)]:
            self.ask(sessions.ReportVoice, session_pb2.ReportVoiceRequest(parent=parent, call_id=id_, event=event))

    def finish(self):
        """No new sessions; what runs ends; then the desks close. Gives False if an agent hangs."""
        self.silent.set()
        end = time.time() + 120
        for one in self.agents:
            one.join(max(0, end - time.time()))
        fine = not any(one.is_alive() for one in self.agents)
        time.sleep(0.5)
        self.closing.set()
        for one in self.desks:
            one.join(10)
        return fine
