"""Faults for the library of functions, each a text and what stands in its place. They are put in on the way to Redis; a
text that is no longer there is an error, so that no fault is silently none."""

HSETNX = "local taken = redis.call('HSETNX', key, field, l.medium) == 1"
ANSWERED = "  if offer.o then\n    acted("

# name: [(text, instead), ...]
FAULTS = {
    "timer popped first": [("    time_out(p, s, l, now, touched)\n    return l.state == 'routing'",
                            "    redis.call('ZREM', p .. 'due', 'leg ' .. s .. ' ' .. l.id)\n    return true")],
    "timer not written": [("    redis.call('ZADD', p .. 'due', int(due), 'leg ' .. s .. ' ' .. l.id)\n", "")],
    "timer of an ended leg stays": [("    redis.call('ZREM', p .. 'due', 'leg ' .. s .. ' ' .. l.id)\n", "")],
    "use raised without HSETNX": [(HSETNX, "redis.call('HSET', key, field, l.medium)\n  local taken = true")],
    "use raised without a holding": [(HSETNX, "local taken = true")],
    "no capacity check": [("(m.use >= m.cap and redis.call('HEXISTS', key, field) == 0)", "false"),
                          ("m ~= nil and m.use < m.cap and", "m ~= nil and")],
    "use never falls": [("  count_holding(p, expert, after, medium, -1, wrapped and -1 or 0)\n", "")],
    "use falls twice": [("  count_holding(p, expert, after, medium, -1,",
                         "  count_holding(p, expert, after, medium, -2,")],
    "late accept obeyed": [(ANSWERED, "  if offer.o and offer.o ~= 'timed_out' then\n    acted("),
                           ("  if now > offer.due then\n", "  if false then\n")],
    "two outcomes": [(ANSWERED, "  if false then\n    acted(")],
    "another outcome stored": [("close_offer(p, q.s, l, q.n, offer, q.outcome, q.why, touched)",
                                "close_offer(p, q.s, l, q.n, offer, 'declined', q.why, touched)")],
    "offers stay open at the end": [("  close_open_offers(p, s, l, 'canceled', touched)\n", "")],
    "holding stays after a refusal": [("    release(p, s, l, offer.e, his and outcome or nil)\n", "")],
    "holding stays at the end": [("    release(p, s, l, l.expert, l.began and 'worked')\n", "")],
    "line held without capacity": [("if not take(p, q.s, l, q.expert, load_expert(p, q.expert)) then",
                                    "if false then")],
    "lost wake": [("  redis.call('XADD', p .. 'wake', '*', 'e', expert, 'm', medium)\n", "")],
    "overtaken waiter": [("if first[2] and tonumber(first[2]) < tonumber(score(l)) then return true end", "")],
    "waiters served from the end": [("  return int(l.order - (l.pri or 0) * 1e12)", "  return int(1e9 - l.order)")],
    "version goes down": [("  l.v = l.v + 1\n", "  l.v = math.max(0, l.v - 1)\n")],
    "version stays": [("  l.v = l.v + 1\n", "")],
    "revision goes down": [("  put_leg(p, s, l)\n  redis.call('HINCRBY', session_key(p, s), 'v', 1)",
                            "  put_leg(p, s, l)\n  redis.call('HINCRBY', session_key(p, s), 'v', -1)")],
    "user data changed by a byte": [("redis.call('HSET', key, sets[i], sets[i + 1])",
                                     "redis.call('HSET', key, sets[i], string.sub(sets[i + 1], 1, -2) .. '!')")],
    "domain crossing": [('return string.sub(keys[1], 1, -6)  -- without "clock"', "return '{main}:'")],
    "request answered twice": [("    if kept[1] then\n      if kept[1] ~= q.hash",
                                "    if false then\n      if kept[1] ~= q.hash")],
    "session forgotten at once": [("int(now + retention), 'gone ' .. s", "int(now), 'gone ' .. s")],
    "end not kept": [("'state', 'ended', 'outcome', outcome,", "'state', 'open', 'outcome', outcome,")],
}


def mutation(name):
    """The function that puts this fault into a library."""

    def mutate(library):
        for text, instead in FAULTS[name]:
            if library.count(text) != 1:
                raise LookupError(f"fault '{name}': {library.count(text)} times in the library: {text}")
            library = library.replace(text, instead)
        return library

    return mutate
