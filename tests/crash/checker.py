"""Decides I1 to I8 of docs/state.md on a history and on the store. Each violation is a line that begins with its name.
"""

import collections
import json

from system import DOMAINS

ENDED = 7  # number of LegState
ACCEPTED = 1  # number of OfferOutcome
OUTCOMES = {"accepted": 1, "declined": 2, "timed_out": 3, "canceled": 4, "rescinded": 5}


READ = """
local all = {}
for _, key in ipairs(redis.call('KEYS', '*')) do
  local kind, value = string.match(key, ':(%a+)'), {}
  if kind == 'x' or kind == 's' or kind == 'u' then
    value = redis.call('HGETALL', key)
  elseif kind == 'due' then
    value = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
  end
  all[#all + 1] = {key, value}
end
return all
"""


def read_store(redis):
    """All that is checked, read at one moment: key to fields, or to members and scores."""

    def text(word):
        return word.decode(errors="surrogateescape")

    all_ = redis("EVAL", READ, 0)
    return {text(key): {text(flat[i]): flat[i + 1] for i in range(0, len(flat), 2)} for key, flat in all_}


def legs_of(record):
    ids = record.get("legs", b"").decode().split(",")
    return [json.loads(record["l:" + id_]) for id_ in ids if "l:" + id_ in record]


def check_store(store):
    """What holds at every moment."""
    found = []
    for domain in DOMAINS:
        p = "{" + domain + "}:"
        held = collections.defaultdict(set)
        for key, record in store.items():
            if not key.startswith(p + "x:") or not record or "state" not in record:
                continue
            expert = key[len(p) + 2 :]
            counts = collections.Counter()
            for field, medium in record.items():
                if field[:2] in ("r:", "w:"):
                    counts[medium.decode()] += 1
                    held[expert].add(field[2:])
            media = record["state"].decode().split(" ")[10]
            for one in [] if media == "-" else media.split(";"):
                name, cap, use, _ = one.split(",")
                if counts[name] > int(cap):
                    found.append(f"I1 {key} holds {counts[name]} of {name}, capacity {cap}")
                if int(use) != counts[name]:
                    found.append(f"I1 {key} uses {use} of {name}, holds {counts[name]}")
        due = store.get(p + "due") or {}
        timers = collections.Counter(member for member in due if member.startswith("leg "))
        for key, record in store.items():
            if key.startswith((p + "m:", p + "u:")) and p + "s:" + key[len(p) + 2 :] not in store:
                found.append(f"I4 {key} has no session")
            if not key.startswith(p + "s:") or not record:
                continue
            s = key[len(p) + 2 :]
            for leg in legs_of(record):
                timer = f"leg {s} {leg['id']}"
                if (leg["state"] != "ended") != (timer in timers):
                    found.append(f"I3 {key} {leg['id']} is {leg['state']}, timer: {timer in timers}")
                of_leg = f"f:{leg['id']}:"
                offers = {int(f[len(of_leg) :]): json.loads(v) for f, v in record.items() if f.startswith(of_leg)}
                accepted = [n for n, o in offers.items() if o.get("o") == "accepted"]
                if len(accepted) > 1:
                    found.append(f"I2 {key} {leg['id']} was accepted by offers {accepted}")
                opened = {o["e"] for o in offers.values() if not o.get("o")}
                if opened and leg["state"] != "offering":
                    found.append(f"I2 {key} {leg['id']} is {leg['state']} and has open offers")
                on_it = opened | ({leg["expert"]} if leg.get("expert") and leg["state"] != "ended" else set())
                if leg.get("held") and leg["state"] != "ended":
                    on_it.add(leg["held"])
                place = f"{s}:{leg['id']}"
                for expert in held:
                    if place in held[expert] and expert not in on_it:
                        found.append(f"I4 {expert} holds {place}, which is {leg['state']} and not his")
                for expert in on_it:
                    if place not in held[expert]:
                        found.append(f"I1 {place} is {leg['state']} with {expert}, who does not hold it")
        for expert, places in held.items():
            for place in places:
                if p + "s:" + place.rsplit(":", 1)[0] not in store:
                    found.append(f"I4 {expert} of {domain} holds {place}, which is no session")
    return found


def check_history(events, store):
    """What clients were told, among itself and against the store at the end."""
    found = []
    started = {e["session"]: e for e in events if e["what"] == "started"}
    by_request = {}
    for e in started.values():
        if by_request.setdefault(e["request"], e["session"]) != e["session"]:
            found.append(f"I3 request {e['request']} began two sessions")
    interactions = collections.Counter()
    for key, record in store.items():
        if ":s:" in key and record:
            interactions[record.get("about")] += 1
    found += [f"I3 interaction {about} has {n} sessions" for about, n in interactions.items() if n > 1]
    for name, e in started.items():
        _, domain, _, s = name.split("/")
        if domain != e["domain"] or "{" + domain + "}:s:" + s not in store:
            found.append(f"I7 I3 {name} was confirmed and is not in {e['domain']}")
    ended_at, last, outcomes = {}, {}, {}
    for e in events:
        if e["what"] == "ended":
            ended_at[e["session"]] = e["t"]
        elif e["what"] == "missing" and e["session"] in started:
            found.append(f"I3 {e['session']} was confirmed and is unknown")
        elif e["what"] == "held" and e["session"] in started:
            for key, value in started[e["session"]]["data"].items():
                if e["data"].get(key) != value:
                    found.append(f"I6 {e['session']} {key} at the hand-over is {e['data'].get(key)}, was {value}")
        elif e["what"] == "seen":
            name = e["session"]
            if name in started:
                for key, value in started[name]["data"].items():
                    if e["data"].get(key) != value:
                        found.append(f"I6 {name} {key} is {e['data'].get(key)}, was {value}")
            if name in ended_at and e["asked"] > ended_at[name] and e["state"] != 2:
                found.append(f"I3 {name} was ended and is open again")
            before = last.get(name)
            last[name] = e
            if before and before["t"] <= e["asked"]:
                if e["revision"] < before["revision"]:
                    found.append(f"I5 {name} goes from revision {before['revision']} to {e['revision']}")
                versions = {l["id"]: l for l in e["legs"]}
                for l in before["legs"]:
                    now = versions.get(l["id"])
                    if not now or now["version"] < l["version"] or (l["state"] == ENDED and now["state"] != ENDED):
                        found.append(f"I5 {name} {l['id']} was {l}, is {now}")
                    elif now["version"] == l["version"] and now["state"] != l["state"]:
                        found.append(f"I5 {name} {l['id']} changed without a new version: {l}, {now}")
            for l in e["legs"]:
                for n, expert, outcome in l["offers"]:
                    told(outcomes, found, (name, l["id"], n), outcome, expert)
        elif e["what"] == "closed":
            told(outcomes, found, tuple(e["offer"]), e["outcome"], e["expert"])
        elif e["what"] == "answered":
            domain = e["offer"][0].split("/")[1]
            key = tuple(e["offer"])
            if e["code"] == 0 and e["how"] == "accept" and e["outcome"] in (0, ACCEPTED):
                told(outcomes, found, key, ACCEPTED, e["expert"])
            elif e["code"] == 0 and e["outcome"]:
                told(outcomes, found, key, e["outcome"], e["expert"])
    for (name, leg, n), outcome in outcomes.items():
        _, domain, _, s = name.split("/")
        text = (store.get("{" + domain + "}:s:" + s) or {}).get(f"f:{leg}:{n}")
        if text and OUTCOMES.get(json.loads(text).get("o"), 0) != outcome[0]:
            found.append(f"I2 {name} {leg} {n}: {outcome} was told, {text.decode()} is stored")
    return found + check_accept_times(events, store) + check_order(store)


def told(outcomes, found, offer, outcome, expert):
    if outcome and outcomes.setdefault(offer, (outcome, expert)) != (outcome, expert):
        found.append(f"I2 offer {offer} has outcomes {outcomes[offer]} and {(outcome, expert)}")


MOST_EARLY_S = 0.25  # between the two clocks and on the way


def check_accept_times(events, store):
    """An accept that was sent after the deadline must not count."""
    found, first = [], {}
    for e in events:
        if e["what"] == "preview":
            first.setdefault(tuple(e["offer"]), e["t"] + e["left"])
        elif e["what"] == "sent" and e["how"] == "accept":
            first[tuple(e["offer"]) + ("sent",)] = e["t"]
        elif e["what"] == "answered" and e["how"] == "accept" and e["outcome"] in (0, ACCEPTED) and e["code"] == 0:
            key = tuple(e["offer"])
            sent = first.get(key + ("sent",))
            if key in first and sent and sent > first[key] + MOST_EARLY_S and e.get("calm"):
                found.append(f"I5 offer {key} was accepted {sent - first[key]:.2f} s after its deadline")
    return found


def check_order(store):
    """I8: nobody who could help went to a later leg while an earlier one of the same kind waited."""
    found = []
    for domain in DOMAINS:
        p, legs = "{" + domain + "}:s:", []
        for key, record in store.items():
            if key.startswith(p) and record:
                for leg in legs_of(record):
                    offers = [json.loads(v) for f, v in record.items() if f.startswith(f"f:{leg['id']}:")]
                    legs.append((leg, sorted(offers, key=lambda o: o["at"]), int(record.get("ended", b"0")), key))
        for a, a_offers, ended, a_key in legs:
            if not a.get("wait_since") or a.get("by_name") or a.get("joins"):
                continue
            since = a["wait_since"]
            until = next((o["at"] for o in a_offers if o["at"] > since), ended)
            had = {o["e"] for o in a_offers} | set((a.get("asked") or "").split(","))
            for b, b_offers, _, b_key in legs:
                if b["order"] <= a["order"] or b["rp"] != a["rp"] or b["pri"] != a["pri"] or b["medium"] != a["medium"]:
                    continue
                for o in b_offers:
                    if since < o["at"] < until and o["e"] not in had:
                        found.append(f"I8 {b_key} got {o['e']} at {o['at']}, {a_key} waited from {since} to {until}")
    return found


def waits_in_vain(store):
    """Who waits while an expert is free who was not asked yet: right for a moment only."""
    found = set()
    for domain in DOMAINS:
        p = "{" + domain + "}:"
        free = set()
        for key, record in store.items():
            if key.startswith(p + "x:") and record and "state" in record:
                words = record["state"].decode().split(" ")
                uses = {m.split(",")[0]: m.split(",") for m in words[10].split(";")}
                if words[3] == "1" and words[5] == "0" and "im" in uses and int(uses["im"][2]) == 0:
                    free.add(key[len(p) + 2 :])
        for key, record in store.items():
            if not key.startswith(p + "s:") or not record:
                continue
            for leg in legs_of(record):
                if leg["state"] == "waiting" and leg["medium"] == "im" and not leg.get("joins"):
                    asked = {json.loads(v)["e"] for f, v in record.items() if f.startswith(f"f:{leg['id']}:")}
                    found |= {f"{key} waits for {e}" for e in free - asked}
    return found


def lateness(events):
    """In seconds, in order: how long after its end a desk was told that a preview had run out."""
    end, late = {}, []
    for e in events:
        if e["what"] == "preview":
            end.setdefault(tuple(e["offer"]), e["t"] + e["left"])
        elif e["what"] == "closed" and e["outcome"] == OUTCOMES["timed_out"] and tuple(e["offer"]) in end:
            late.append(e["t"] - end[tuple(e["offer"])])
    return sorted(late)
