-- Routing of one leg: reserve, wait, settle by strategy-evaluation; answer by session-bridge.

-- The leg if it is still as the caller saw it and an expert is sought, else nil: what was decided is stale.
local function leg_to_route(p, q)
  if redis.call('HGET', session_key(p, q.s), 'state') ~= 'open' then return nil end
  local l = load_leg(p, q.s, q.leg)
  if l and l.v == q.version and (l.state == 'routing' or l.state == 'waiting') then return l end
  return nil
end

-- An earlier waiting leg that stands in one of the expert's buckets, so that nobody is overtaken.
local function somebody_before(p, l, x)
  for _, bucket in ipairs(cjson.decode(x.buckets)) do
    local first = redis.call('ZRANGE', p .. 'wait:' .. l.medium .. ':' .. bucket, 0, 0, 'WITHSCORES')
    if first[2] and tonumber(first[2]) < tonumber(score(l)) then return true end
  end
  return false
end

-- A list of numbers of PresenceState as a set, or nil.
local function state_set(list)
  if not list then return nil end
  local set = {}
  for _, state in ipairs(list) do set[state] = true end
  return set
end

-- The last change of any expert.
local function log_end(p)
  local last = redis.call('XREVRANGE', p .. 'xlog', '+', '-', 'COUNT', 1)
  return last[1] and last[1][1] or '0-0'
end

-- Of a leg that does not wait (any more).
local function note_decision(l, q)
  if l.step ~= q.step then
    l.step_offers = 0
    l.wait_left = nil
  end
  l.step, l.step_name, l.strat, l.rev = q.step, q.step_name, q.strat, q.rev
end

-- An expert gets the leg: by accepting an offer, or straight. Whom he replaces is off the conversation by this.
local function give(p, s, l, expert, name, dn, attach, now, touched)
  l.expert, l.name, l.dn = expert, name, dn
  if l.connect then
    l.dn = redis.call('HGET', session_key(p, s), 'number:' .. expert) or dn
    l.state, l.due = 'connecting', now + CONNECT_MS
  else
    l.state, l.due, l.began = 'active', now + LONGEST_MS, now
    expert_reached(p, s, l, now)
    if l.replaces then end_leg(p, s, load_leg(p, s, l.replaces), 'transferred', now, touched) end
    touch_talking(p, s, touched)
  end
  -- What a strategy attaches is small and checked when it is loaded; the limit is for callers.
  change_user_data(p, s, {}, attach, 1e9)
end

-- Whether an expert has, or is offered, another leg of the conversation than this one.
local function on_another(p, s, l, expert)
  for _, id in ipairs(split(redis.call('HGET', session_key(p, s), 'legs'), ',')) do
    if id ~= l.id and redis.call('HEXISTS', p .. 'x:' .. expert, 'r:' .. s .. ':' .. id) == 1 and
       not load_leg(p, s, id).connect then
      return true
    end
  end
  return false
end

-- {D}:served:<routing point> LIST   when (ms) the latest waits there ended with an expert
local KEPT_SERVED = 64
local SERVED_MS = 30 * 60 * 1000

local function note_served(p, rp, now)
  local key = p .. 'served:' .. rp
  redis.call('LPUSH', key, int(now))
  redis.call('LTRIM', key, 0, KEPT_SERVED - 1)
  redis.call('PEXPIRE', key, SERVED_MS)
end

-- reserve {s, leg, version, step, step_name, strat, rev, pri, states, to, within_ms, straight, from_waiting,
--          experts = [{e, name, dn}]}, then per expert: details, number of attached fields, "=key", value...
-- The first `to` of the experts who are free now are held and asked (or the first gets the leg, if `straight`). With
-- `states` those are free whom presence composes to one of these.
-- -> ok, leg version, expert, n, expert, n...; stale; none, id of the change log's end;
--    behind, expert: an earlier leg waits that he may serve: wait and have him woken.
redis.register_function('xl1_reserve', function(keys, args)
  local p, q = prefix(keys), cjson.decode(args[1])
  local l = leg_to_route(p, q)
  if not l then return {'stale'} end
  local now, at, answer, taken, touched = now_ms(p), 2, {}, {}, {}
  local states = state_set(q.states)
  l.pri = q.pri
  local queue = not q.from_waiting and redis.call('EXISTS', p .. 'wait:' .. l.medium) == 1
  for _, c in ipairs(q.experts) do
    if #taken == q.to then break end
    local attached = tonumber(args[at + 1])
    local x = load_expert(p, c.e)
    local free = x and ready(x, l.medium, media_of(x)[l.medium], states)
    local mine = (queue or not free) and redis.call('HEXISTS', p .. 'x:' .. c.e, 'r:' .. q.s .. ':' .. l.id) == 1
    if x and (mine or free) and not (l.joins and on_another(p, q.s, l, c.e)) then
      if queue and not mine and somebody_before(p, l, x) then
        if #taken == 0 then return {'behind', c.e} end
      elseif take(p, q.s, l, c.e, x, now) then
        c.details, c.attach = args[at], {}
        for i = at + 2, at + 1 + attached do c.attach[#c.attach + 1] = args[i] end
        taken[#taken + 1] = c
      end
    end
    at = at + 2 + attached
  end
  if #taken == 0 then
    return {'none', log_end(p)}
  end
  if l.state == 'waiting' then
    note_served(p, l.rp, now)
    tally_ms(p, 'wait ' .. named(l.rp), now - l.wait_since, PEOPLE_S)
  end
  leave_waiting(p, q.s, l, now)
  note_decision(l, q)
  if l.held then
    local kept = false
    for _, c in ipairs(taken) do kept = kept or c.e == l.held end
    if not kept then release(p, q.s, l, l.held) end
    l.held = nil
  end
  l.expert = nil
  if q.straight then
    local c = taken[1]
    give(p, q.s, l, c.e, c.name, c.dn, c.attach, now, touched)
    answer = {c.e, '0'}
    touched[#touched + 1] = c.e
    redis.call('HSET', session_key(p, q.s), 'd:' .. l.id .. ':0', c.details)
  else
    l.state, l.due = 'offering', now + q.within_ms
    for _, c in ipairs(taken) do
      l.n = l.n + 1
      l.step_offers = l.step_offers + 1
      l.open = joined(l.open, tostring(l.n))
      redis.call('HSET', session_key(p, q.s), 'f:' .. l.id .. ':' .. l.n,
                 cjson.encode({e = c.e, name = c.name, dn = c.dn, at = now, due = l.due}),
                 'd:' .. l.id .. ':' .. l.n, c.details)
      answer[#answer + 1] = c.e
      answer[#answer + 1] = int(l.n)
      touched[#touched + 1] = c.e
    end
  end
  save_leg(p, q.s, l)
  hint(p, q.s, touched)
  return {'ok', int(l.v), unpack(answer)}
end)

-- wait {s, leg, version, step, step_name, strat, rev, pri, states, bucket, wait_ms, until_ms, seen, wake}: the leg joins
-- those who wait, unless the bucket was freed after the change `seen` by the decider; one that waits already keeps its
-- place among those of its priority. `wake` names an expert it is behind an earlier leg for. It is decided again when the
-- wait is over, or after `until_ms` of it while it goes on.
-- -> ok, leg version; stale; again, id of the change to have seen.
redis.register_function('xl1_wait', function(keys, args)
  local p, q = prefix(keys), cjson.decode(args[1])
  local l = leg_to_route(p, q)
  if not l then return {'stale'} end
  local now, goes_on = now_ms(p), l.state == 'waiting'
  local freed = redis.call('HGET', p .. 'freed', l.medium .. ':' .. q.bucket)
  if not q.wake and freed and id_less(q.seen, freed) then return {'again', freed} end
  leave_waiting(p, q.s, l, now)
  note_decision(l, q)
  if l.held then
    release(p, q.s, l, l.held)
    l.held, l.expert = nil, nil
  end
  l.pri, l.bucket, l.wait_since = q.pri, q.bucket, goes_on and l.wait_since or now
  l.wait_left = l.wait_left or q.wait_ms
  if q.wake then l.wait_left = math.max(l.wait_left, 1000) end
  join_waiting(p, q.s, l, q.states, now)
  l.due = now + math.min(l.wait_left, q.until_ms or l.wait_left)
  save_leg(p, q.s, l)
  if q.wake then wake(p, q.wake, l.medium, log_end(p)) end
  if not goes_on then hint(p, q.s, {}) end
  return {'ok', int(l.v)}
end)

-- take_wake {expert, medium}: what happens from now on makes another wake -> ok, id of the change to be seen first.
redis.register_function('xl1_take_wake', function(keys, args)
  local p, q = prefix(keys), cjson.decode(args[1])
  local field = q.medium .. ':' .. q.expert
  -- Whoever took it up before may have died.
  local change = redis.call('HGET', p .. 'woken', field) or log_end(p)
  redis.call('HDEL', p .. 'woken', field)
  return {'ok', change}
end)

-- waiting {expert, medium, after, most}: the legs that wait in any of the expert's buckets, in order, after that
-- score ("-inf" to begin) -> ok, session, leg, score, ...; or full, if none of them can get him (any more).
redis.register_function('xl1_waiting', function(keys, args)
  local p, q = prefix(keys), cjson.decode(args[1])
  local x = load_expert(p, q.expert)
  local m = x and media_of(x)[q.medium]
  local wanted = x and (ready(x, q.medium, m) or redis.call('EXISTS', p .. 'wait:' .. q.medium .. ':states') == 1)
  if not wanted or not reachable(x, q.medium, m) then return {'full'} end
  local found = {}
  for _, bucket in ipairs(cjson.decode(x.buckets)) do
    local legs = redis.call('ZRANGEBYSCORE', p .. 'wait:' .. q.medium .. ':' .. bucket, q.after, '+inf', 'WITHSCORES',
                            'LIMIT', 0, q.most)
    for i = 1, #legs, 2 do found[#found + 1] = {legs[i], legs[i + 1]} end
  end
  table.sort(found, function(a, b) return tonumber(a[2]) < tonumber(b[2]) end)
  local answer = {'ok'}
  for i = 1, math.min(#found, q.most) do
    for _, part in ipairs(split(found[i][1], ' ')) do answer[#answer + 1] = part end
    answer[#answer + 1] = found[i][2]
  end
  return answer
end)

-- queue {rp} -> ok, now, the same as wall-clock time, how many legs wait at that routing point, when (ms) the first of them
-- joined ("0": none waits).
redis.register_function{function_name = 'xl1_queue', flags = {'no-writes'}, callback = function(keys, args)
  local p, q = prefix(keys), cjson.decode(args[1])
  local now, key = now_ms(p), p .. 'queue:' .. q.rp
  local offset = tonumber(redis.call('HGET', p .. 'clock', 'offset') or 0)
  local first = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
  return {'ok', int(now), int(now + offset), int(redis.call('ZCARD', key)), first[2] or '0'}
end}

-- served {rp} -> ok, when (ms) the waits ended that ended at that routing point with an expert within the last 30 minutes,
-- at most 64.
redis.register_function{function_name = 'xl1_served', flags = {'no-writes'}, callback = function(keys, args)
  local p, q = prefix(keys), cjson.decode(args[1])
  local answer, since = {'ok'}, now_ms(p) - SERVED_MS
  for _, at in ipairs(redis.call('LRANGE', p .. 'served:' .. q.rp, 0, -1)) do
    if tonumber(at) >= since then answer[#answer + 1] = at end
  end
  return answer
end}

-- settle {s, leg, version, step, step_name, strat, rev}, bytes of the default target: default routing applies; what the
-- call's own request named goes before it -> ok, leg version; stale.
redis.register_function('xl1_settle', function(keys, args)
  local p, q = prefix(keys), cjson.decode(args[1])
  local l = leg_to_route(p, q)
  if not l then return {'stale'} end
  local now = now_ms(p)
  leave_waiting(p, q.s, l, now)
  note_decision(l, q)
  local key = session_key(p, q.s)
  redis.call('HSET', key, 'default:' .. l.id, redis.call('HGET', key, 'fallback:' .. l.id) or args[2])
  local touched = {}
  end_leg(p, q.s, l, 'default_routed', now, touched)
  hint(p, q.s, touched)
  return {'ok', int(l.v)}
end)

-- An offer's deadline passed: its one outcome, and on to the next expert when no offer is left.
local function time_out(p, s, l, now, touched)
  for _, n in ipairs(split(l.open, ',')) do
    local offer = load_offer(p, s, l, n)
    if offer.due <= now then close_offer(p, s, l, n, offer, 'timed_out', nil, touched) end
  end
  if l.open == '' then reroute(l, now) end
  save_leg(p, s, l)
end

-- answer {s, leg, n, expert, outcome = accepted | declined, why, number}, "=key", value...: the expert's answer; `number`:
-- where he takes calls of this session.
-- -> ok, outcome, leg version, state: the answer counts; late, outcome: the offer had one already (or it is not his).
redis.register_function('xl1_answer', function(keys, args)
  local p, q = prefix(keys), cjson.decode(args[1])
  if redis.call('EXISTS', session_key(p, q.s)) == 0 then return refused('UNKNOWN_SESSION', 'session', q.s) end
  local l = load_leg(p, q.s, q.leg)
  if not l then return refused('UNKNOWN_LEG', 'session', q.s, 'leg', q.leg) end
  local offer = load_offer(p, q.s, l, q.n)
  if not offer or offer.e ~= q.expert then return refused('UNKNOWN_OFFER', 'session', q.s, 'leg', q.leg, 'n', int(q.n)) end
  local now, touched = now_ms(p), {}
  if offer.o then
    acted(p, q.expert, now)
    return {'late', offer.o}
  end
  if now > offer.due then
    time_out(p, q.s, l, now, touched)
    acted(p, q.expert, now)
    hint(p, q.s, touched)
    return {'late', 'timed_out', int(l.v), l.state}
  end
  close_offer(p, q.s, l, q.n, offer, q.outcome, q.why, touched)
  if q.outcome == 'accepted' then
    acted(p, q.expert, now)
    close_open_offers(p, q.s, l, 'rescinded', touched)
    l.taken = q.n
    if q.number then redis.call('HSET', session_key(p, q.s), 'number:' .. q.expert, q.number) end
    local attach = {}
    for i = 2, #args do attach[#attach + 1] = args[i] end
    give(p, q.s, l, offer.e, offer.name, offer.dn, attach, now, touched)
  elseif l.open == '' then
    reroute(l, now)
  end
  save_leg(p, q.s, l)
  hint(p, q.s, touched)
  return {'ok', q.outcome, int(l.v), l.state}
end)
