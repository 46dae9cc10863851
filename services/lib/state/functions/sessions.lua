-- Sessions, their legs and offers: what all functions about them share, and the functions of the agent's side.
--
-- {D}:s:<session> HASH
--   v, state (open, ended), outcome, created, ended, order   order: position in the lists of sessions
--   facts         bytes of a v1.Session that holds agent and interaction only
--   legs          ids joined by ","
--   last          id of the last message
--   watchers      bridges at which somebody watches, joined by ","
--   about         id of the interaction; sum: see reports.lua
--   people        agents and supervisors who are or were in it, see people_of()
--   number:<expert>   at which he takes calls of this session, if it is another one than usual
--   voice, talk   numbers of the last voice leg (v1, v2, ...) and the last further leg of the conversation (c2, c3, ...)
--   l:<leg>       JSON, see new_leg()
--   default:<leg> bytes of the v1.DefaultTarget the leg was routed to; fallback:<leg>: the one its RouteCall named
--   f:<leg>:<n>   JSON offer {e = expert, name, dn, at, due, o = outcome, why}
--   d:<leg>:<n>   bytes of the offer's details, opaque here
--   q:<request_id> and queue of them in `asked`: payload hash and answer
-- {D}:u:<session> HASH: "=key" -> t|n|b and the content; "rev"
-- {D}:m:<session> STREAM: a = author, i = author id, t = text, w = wall-clock ms, f = bytes of its v1.File, p = id of the
-- ready-made text
-- {D}:sessions:all|open|ended ZSET by order; {D}:c:<call> -> "session leg"
-- {D}:about:<interaction> ZSET: its open sessions by order
-- {D}:due ZSET: "leg <session> <leg>" once per leg that has not ended, "gone <session>" once per session that has,
-- "words <session>" if its conversation goes before it,
-- "wrap <expert> <session> <leg>" once per leg that is wrapped up

local REROUTE_MS = 2000         -- a bridge that died before Route strands nobody
local CONNECT_MS = 60000        -- a routed call nobody reports on counts as not answered
local LONGEST_MS = 12 * 3600 * 1000
local IDEMPOTENCE_MS = 600000
local KEPT_ANSWERS = 32
local OFFER_STATES = {routing = true, waiting = true, offering = true}  -- an expert is still being sought

local function session_key(p, s) return p .. 's:' .. s end

local function open_session(p, s)
  local state = redis.call('HGET', session_key(p, s), 'state')
  if not state then return nil, refused('UNKNOWN_SESSION', 'session', s) end
  if state ~= 'open' then return nil, refused('WRONG_STATE', 'session', s, 'state', 'ended') end
  return true
end

-- A leg: {id, medium, state, v, rp, strat, rev, step, step_name, seed, order, pri, step_offers, bucket,
-- wait_left (ms this step may still wait, as of wait_from), wait_from (ms), wait_since (ms it joined those who wait),
-- waited (ms in all, up to wait_from), expert, name, dn, n (offers made), open (numbers of open offers), taken (n of the accepted offer), outcome,
-- call, parent (the call it came from), kind, connect (the platform connects it: a voice call; else it is a leg of the
-- conversation), routed (a RouteCall is open), deadline, due, secret (keys of user data that no expert is shown), asked
-- (experts not to be asked again although no offer says so), held, began (ms it became active), left (ms it ended after
-- that), joins (it came into a conversation that went on), replaces (leg that ends when this one becomes active), by_name
-- (expert who is asked by name), nobody (what is said in the conversation if nobody takes it), trace (traceparent of the
-- request that began it), counted (see counts.lua)}. Lists are texts joined
-- by ",".
local function load_leg(p, s, id)
  local text = redis.call('HGET', session_key(p, s), 'l:' .. id)
  return text and cjson.decode(text)
end

-- The active legs of the conversation.
local function talking(p, s)
  local legs = {}
  for _, id in ipairs(split(redis.call('HGET', session_key(p, s), 'legs'), ',')) do
    local l = load_leg(p, s, id)
    if l and l.state == 'active' and not l.connect then legs[#legs + 1] = l end
  end
  return legs
end

-- Adds the experts who are on the conversation to `touched`: what happened is theirs to know.
local function touch_talking(p, s, touched)
  local legs = redis.call('HGET', session_key(p, s), 'legs')
  if not string.find(legs, ',', 1, true) then return end  -- whoever changed the only leg has its expert among them
  for _, l in ipairs(talking(p, s)) do touched[#touched + 1] = l.expert end
end

-- Writes a leg as the version it is, and its timer.
local function put_leg(p, s, l)
  local due = l.due
  if l.deadline and (OFFER_STATES[l.state]) then due = math.min(due, l.deadline) end
  if l.state == 'ended' then
    redis.call('ZREM', p .. 'due', 'leg ' .. s .. ' ' .. l.id)
  else
    redis.call('ZADD', p .. 'due', int(due), 'leg ' .. s .. ' ' .. l.id)
  end
  count_leg(p, l)
  redis.call('HSET', session_key(p, s), 'l:' .. l.id, cjson.encode(l))
end

local function save_leg(p, s, l)
  l.v = l.v + 1
  put_leg(p, s, l)
  redis.call('HINCRBY', session_key(p, s), 'v', 1)
end

local function joined(list, item)
  return (list and list ~= '') and (list .. ',' .. item) or item
end

local function without(list, item)
  local kept = {}
  for _, part in ipairs(split(list, ',')) do
    if part ~= item then kept[#kept + 1] = part end
  end
  return table.concat(kept, ',')
end

-- Audits what somebody other than agent and expert did; no actor: it was one of these.
local function audit_act(p, actor, action, s, detail)
  if actor then audit(p, actor, action, 'domains/' .. string.sub(p, 2, -3) .. '/sessions/' .. s, false, detail) end
end

-- Answers to repeated requests -----------------------------------------------------------------------------------------

-- The earlier answer to this request id, a refusal if its payload was another, or nil.
local function remembered(p, s, q)
  if not q.rid then return nil end
  local text = redis.call('HGET', session_key(p, s), 'q:' .. q.rid)
  if not text then return nil end
  local kept = cjson.decode(text)
  if kept.hash ~= q.hash then return refused('REQUEST_ID_REUSED', 'request_id', q.rid) end
  return kept.answer
end

local function remember(p, s, q, answer)
  if q.rid then
    local key = session_key(p, s)
    redis.call('HSET', key, 'q:' .. q.rid, cjson.encode({hash = q.hash, answer = answer}))
    local asked = joined(redis.call('HGET', key, 'asked') or '', q.rid)
    local ids = split(asked, ',')
    if #ids > KEPT_ANSWERS then
      redis.call('HDEL', key, 'q:' .. ids[1])
      asked = table.concat(ids, ',', 2)
    end
    redis.call('HSET', key, 'asked', asked)
  end
  return answer
end

-- Capacity ----------------------------------------------------------------------------------------------------------------

-- Holds an expert, as load_expert has just given him, for a leg; `offered_at` (ms) if he is asked by this. True if he is
-- held (again or already), false if he has no capacity left.
local function take(p, s, l, expert, x, offered_at)
  local key, field = p .. 'x:' .. expert, 'r:' .. s .. ':' .. l.id
  local m = x and media_of(x)[l.medium]
  if not m or (m.use >= m.cap and redis.call('HEXISTS', key, field) == 0) then return false end
  local taken = redis.call('HSETNX', key, field, l.medium) == 1
  if taken then
    count_holding(p, expert, x, l.medium, 1, 0)
    expert_asked(p, s, l, expert)
  end
  if offered_at then count_offer(p, expert, x, offered_at) end
  if taken or offered_at then publish(p, expert, x) end  -- nobody becomes ready by this
  return true
end

-- One holding less, of which the field is gone already; `wrapped`: it was wrapped up. `before` as he was, `after` with
-- what else has changed.
local function give_back(p, expert, medium, before, after, now, wrapped)
  count_holding(p, expert, after, medium, -1, wrapped and -1 or 0)
  if holds_nothing(after) then after.idle = int(now) end
  changed(p, expert, before, after)
  drop_if_retired(p, expert)
end

-- An expert is off a leg. `how`: declined or timed_out is his own doing; worked: he was on it, and his guard rails may
-- keep the holding while he wraps it up.
local function release(p, s, l, expert, how)
  local key, place = p .. 'x:' .. expert, s .. ':' .. l.id
  if redis.call('HDEL', key, 'r:' .. place) == 0 then return end
  local now = now_ms(p)
  local before, after = load_expert(p, expert), load_expert(p, expert)
  if how == 'worked' then
    count_work(p, after, l.began, now)
    local wrap = guard_of(after).wrap
    if wrap and wrap[l.medium] then
      redis.call('HSET', key, 'w:' .. place, l.medium)
      count_holding(p, expert, after, l.medium, 0, 1)
      redis.call('ZADD', p .. 'due', int(now + wrap[l.medium]), 'wrap ' .. expert .. ' ' .. s .. ' ' .. l.id)
      publish(p, expert, after)
      return
    end
  elseif how then
    count_refusal(p, expert, after, how, now)
  end
  give_back(p, expert, l.medium, before, after, now)
end

-- The time for wrapping up a leg is over.
local function end_wrap_up(p, expert, s, leg, now)
  local key, field = p .. 'x:' .. expert, 'w:' .. s .. ':' .. leg
  local medium = redis.call('HGET', key, field)
  if not medium then return end
  redis.call('HDEL', key, field)
  give_back(p, expert, medium, load_expert(p, expert), load_expert(p, expert), now, true)
end

-- Waiting -----------------------------------------------------------------------------------------------------------------

-- By priority, then by arrival; exact up to priority 8,000 and 10^12 legs.
local function score(l)
  return int(l.order - (l.pri or 0) * 1e12)
end

-- A leg in state `routing` begins to wait in its bucket; `states`: for experts in states it names itself.
local function join_waiting(p, s, l, states, now)
  local who = s .. ' ' .. l.id
  redis.call('ZADD', p .. 'wait:' .. l.medium .. ':' .. l.bucket, score(l), who)
  redis.call('ZADD', p .. 'wait:' .. l.medium, score(l), who)
  if states then redis.call('ZADD', p .. 'wait:' .. l.medium .. ':states', score(l), who) end
  redis.call('ZADD', p .. 'queue:' .. l.rp, int(l.wait_since), who)
  l.state, l.wait_from = 'waiting', now
end

-- Whoever calls it gives the leg its next state.
local function leave_waiting(p, s, l, now)
  if l.state ~= 'waiting' then return end
  local who = s .. ' ' .. l.id
  redis.call('ZREM', p .. 'wait:' .. l.medium .. ':' .. l.bucket, who)
  redis.call('ZREM', p .. 'wait:' .. l.medium, who)
  redis.call('ZREM', p .. 'wait:' .. l.medium .. ':states', who)
  redis.call('ZREM', p .. 'queue:' .. l.rp, who)
  local waited = now - l.wait_from
  l.wait_left = math.max(0, l.wait_left - waited)
  l.waited = (l.waited or 0) + waited
  l.state = 'routing'
end

-- The conversation ------------------------------------------------------------------------------------------------------------

local SYSTEM, SUPERVISOR = 3, 4  -- numbers of v1.MessageAuthor

local function say(p, s, author, id, text, file, preset)
  local fields = {'a', author, 'i', id, 't', text, 'w', int(wall_ms())}
  for name, value in pairs({f = file, p = preset}) do
    fields[#fields + 1] = name
    fields[#fields + 1] = value
  end
  local at = redis.call('XADD', p .. 'm:' .. s, '*', unpack(fields))
  redis.call('HSET', session_key(p, s), 'last', at)
  return at
end

-- Agents and supervisors of a session, in order of joining: {{r = number of v1.MessageAuthor, i = id, n = name, at, left}}.
local function people_of(p, s)
  return cjson.decode(redis.call('HGET', session_key(p, s), 'people') or '[]')
end

-- The one among them who is in it now, or nil.
local function present(people, role, id)
  for _, one in ipairs(people) do
    if one.r == role and (one.i == id or not id) and not one.left then return one end
  end
end

-- Offers and ends -----------------------------------------------------------------------------------------------------------

local function load_offer(p, s, l, n)
  local text = redis.call('HGET', session_key(p, s), 'f:' .. l.id .. ':' .. n)
  return text and cjson.decode(text)
end

-- Writes the one outcome of an open offer. An expert who did not accept is released; that he declined, or let it run out
-- to its end, is remembered of him. `touched` collects experts.
local function close_offer(p, s, l, n, offer, outcome, why, touched)
  offer.o = outcome
  offer.why = why
  redis.call('HSET', session_key(p, s), 'f:' .. l.id .. ':' .. n, cjson.encode(offer))
  l.open = without(l.open, tostring(n))
  offer_over(p, l, offer, outcome)
  if outcome ~= 'accepted' then
    local his = outcome == 'declined' or (outcome == 'timed_out' and offer.due <= now_ms(p))
    release(p, s, l, offer.e, his and outcome or nil)
  end
  touched[#touched + 1] = offer.e
end

local function close_open_offers(p, s, l, outcome, touched)
  for _, n in ipairs(split(l.open, ',')) do
    close_offer(p, s, l, n, load_offer(p, s, l, n), outcome, nil, touched)
  end
end

-- Ends the session if no leg is left.
local function end_if_done(p, s, now, outcome)
  local key = session_key(p, s)
  local helped, defaulted, canceled, began = false, false, false, nil
  for _, id in ipairs(split(redis.call('HGET', key, 'legs'), ',')) do
    local l = load_leg(p, s, id)
    if l.state ~= 'ended' then return end
    helped = helped or l.began ~= nil
    if l.began then began = math.min(began or l.began, l.began) end
    defaulted = defaulted or l.outcome == 'default_routed'
    canceled = canceled or l.outcome == 'canceled'
  end
  outcome = outcome or (helped and 'helped') or (defaulted and 'default_routed') or (canceled and 'canceled') or 'failed'
  local order = redis.call('HGET', key, 'order')
  redis.call('HSET', key, 'state', 'ended', 'outcome', outcome, 'ended', int(now))
  redis.call('HINCRBY', key, 'v', 1)
  redis.call('ZREM', p .. 'sessions:open', s)
  redis.call('ZREM', p .. 'about:' .. (redis.call('HGET', key, 'about') or ''), s)
  redis.call('ZADD', p .. 'sessions:ended', order, s)
  local retention = tonumber(redis.call('HGET', p .. 'clock', 'retention') or 24 * 3600 * 1000)
  redis.call('ZADD', p .. 'due', int(now + retention), 'gone ' .. s)
  local words = tonumber(redis.call('HGET', p .. 'clock', 'words') or retention)
  if words < retention then redis.call('ZADD', p .. 'due', int(now + words), 'words ' .. s) end
  session_over(p, s, outcome, began)
end

local function end_leg(p, s, l, outcome, now, touched, session_outcome)
  if l.state == 'ended' then return end
  leave_waiting(p, s, l, now)
  close_open_offers(p, s, l, 'canceled', touched)
  if l.expert then
    release(p, s, l, l.expert, l.began and 'worked')
    touched[#touched + 1] = l.expert
    l.left = l.began and now
  end
  l.state = 'ended'
  l.outcome = outcome
  save_leg(p, s, l)
  leg_over(p, s, l, now)
  if outcome == 'default_routed' and l.nobody then say(p, s, SYSTEM, '', l.nobody) end
  touch_talking(p, s, touched)
  end_if_done(p, s, now, session_outcome)
end

-- Back to choosing: due at once for whoever did this, and again after a while should he die.
local function reroute(l, now)
  l.state = 'routing'
  l.due = now + REROUTE_MS
end

-- User data -----------------------------------------------------------------------------------------------------------------

-- Bytes of a key and its value as the limit counts them: a number counts 8, the session's own id nothing.
local function weight(s, field, value)
  if field == '=session_id' and value == 't' .. s then return 0 end
  return #field - 1 + (string.sub(value, 1, 1) == 'n' and 8 or #value - 1)
end

-- Deletes and sets keys, or changes nothing and returns a refusal. `sets` is a flat list "=key", value. What a
-- strategy attached may be over the limit already: a change may not add to it then, but a call brings all of it back.
local function change_user_data(p, s, deletes, sets, limit)
  if #deletes + #sets == 0 then return nil end
  local key = p .. 'u:' .. s
  local stored, before, bytes = {}, 0, 0
  local flat = redis.call('HGETALL', key)
  for i = 1, #flat, 2 do
    if flat[i] ~= 'rev' then
      stored[flat[i]] = flat[i + 1]
      before = before + weight(s, flat[i], flat[i + 1])
    end
  end
  for _, field in ipairs(deletes) do stored[field] = nil end
  for i = 1, #sets, 2 do stored[sets[i]] = sets[i + 1] end
  for field, value in pairs(stored) do bytes = bytes + weight(s, field, value) end
  if bytes > limit and bytes > before then
    return refused('USER_DATA_TOO_LARGE', 'bytes', int(bytes), 'limit', int(limit))
  end
  if #deletes > 0 then redis.call('HDEL', key, unpack(deletes)) end
  for i = 1, #sets, 2 do redis.call('HSET', key, sets[i], sets[i + 1]) end
  redis.call('HINCRBY', key, 'rev', 1)
  redis.call('HINCRBY', session_key(p, s), 'v', 1)
  return nil
end

-- Beginnings ----------------------------------------------------------------------------------------------------------------

local function next_order(p)
  return redis.call('HINCRBY', p .. 'clock', 'order', 1)
end

-- q: {agent, agent_name, about, case, rp, bridge}.
local function new_session(p, s, q, facts, now)
  local order = next_order(p)
  redis.call('HSET', session_key(p, s), 'v', 0, 'state', 'open', 'created', int(now), 'order', order, 'facts', facts,
             'legs', '', 'watchers', q.bridge, 'about', q.about,
             'people', cjson.encode({{r = 1, i = q.agent, n = q.agent_name, at = now}}))
  redis.call('ZADD', p .. 'about:' .. q.about, order, s)
  redis.call('ZADD', p .. 'sessions:all', order, s)
  redis.call('ZADD', p .. 'sessions:open', order, s)
  session_begun(p, s, q, order, now)
end

local function new_leg(p, s, q, state, due)
  local key = session_key(p, s)
  local l = {id = q.leg, medium = q.medium, state = state, v = 0, rp = q.rp, strat = q.strat, seed = q.seed, step = 0,
             step_name = '', order = next_order(p), pri = q.pri or 0, step_offers = 0, n = 0, open = '', asked = '',
             secret = q.secret, call = q.call, parent = q.parent, kind = q.kind, connect = q.connect, routed = q.routed,
             deadline = q.deadline, due = due, joins = q.joins, replaces = q.replaces, by_name = q.by_name, nobody = q.nobody,
             trace = q.trace}
  redis.call('HSET', key, 'legs', joined(redis.call('HGET', key, 'legs'), q.leg))
  return l
end

-- For the next voice leg of a session: v1, v2, ...
local function next_leg_id(p, s)
  return 'v' .. int(redis.call('HINCRBY', session_key(p, s), 'voice', 1))
end

-- enqueue {s, leg, medium, rp, strat, seed, secret, trace, agent, agent_name, about, case, bridge, limit, rid, hash}, facts, text,
-- user data...: a new session with one leg to be routed -> ok, session, leg version; or again, session (the request was
-- answered before).
redis.register_function('xl1_enqueue', function(keys, args)
  local p, q = prefix(keys), cjson.decode(args[1])
  local idem = q.rid and (p .. 'idem:start:' .. q.rid)
  if idem then
    local kept = redis.call('HMGET', idem, 'hash', 'session')
    if kept[1] then
      if kept[1] ~= q.hash then return refused('REQUEST_ID_REUSED', 'request_id', q.rid) end
      return {'again', kept[2]}
    end
  end
  local now = now_ms(p)
  local sets = {}
  for i = 4, #args do sets[#sets + 1] = args[i] end
  local too_large = change_user_data(p, q.s, {}, sets, q.limit)
  if too_large then return too_large end
  new_session(p, q.s, q, args[2], now)
  if args[3] ~= '' then say(p, q.s, 1, q.agent, args[3]) end
  local l = new_leg(p, q.s, q, 'routing', now + REROUTE_MS)
  save_leg(p, q.s, l)
  if idem then
    redis.call('HSET', idem, 'hash', q.hash, 'session', q.s)
    redis.call('PEXPIRE', idem, IDEMPOTENCE_MS)
  end
  return {'ok', q.s, int(l.v)}
end)

-- say {s, author, id, expert, supervisor, preset, rid, hash}, text, bytes of a v1.File if there is one -> ok, message id. Needs an active leg of the conversation; an
-- expert must be on it, a supervisor must have joined.
redis.register_function('xl1_say', function(keys, args)
  local p, q = prefix(keys), cjson.decode(args[1])
  local earlier = remembered(p, q.s, q)
  if earlier then return earlier end
  local open, refusal = open_session(p, q.s)
  if not open then return refusal end
  local experts, his = {}, not q.expert
  for i, l in ipairs(talking(p, q.s)) do
    experts[i] = l.expert
    his = his or l.expert == q.expert
  end
  if #experts == 0 or not his then
    return refused('WRONG_STATE', 'session', q.s, 'state', 'no active conversation')
  end
  if q.supervisor and not present(people_of(p, q.s), SUPERVISOR, q.supervisor) then
    return refused('WRONG_STATE', 'session', q.s, 'state', 'the supervisor has not joined')
  end
  if q.expert then acted(p, q.expert, now_ms(p)) end
  local id = say(p, q.s, q.author, q.id, args[2], args[3], q.preset)
  hint(p, q.s, experts)
  return remember(p, q.s, q, {'ok', id})
end)

-- user_data {s, if_revision, limit, deletes = ["=key"], rid, hash}, "=key", value... -> ok, revision.
redis.register_function('xl1_user_data', function(keys, args)
  local p, q = prefix(keys), cjson.decode(args[1])
  local earlier = remembered(p, q.s, q)
  if earlier then return earlier end
  local open, refusal = open_session(p, q.s)
  if not open then return refusal end
  local revision = tonumber(redis.call('HGET', p .. 'u:' .. q.s, 'rev') or 0)
  if q.if_revision ~= 0 and q.if_revision ~= revision then
    return refused('REVISION_MISMATCH', 'expected', int(q.if_revision), 'actual', int(revision))
  end
  local sets = {}
  for i = 2, #args do sets[#sets + 1] = args[i] end
  local too_large = change_user_data(p, q.s, q.deletes, sets, q.limit)
  if too_large then return too_large end
  local experts = {}
  for _, id in ipairs(split(redis.call('HGET', session_key(p, q.s), 'legs'), ',')) do
    local l = load_leg(p, q.s, id)
    if l.expert and l.state ~= 'ended' then experts[#experts + 1] = l.expert end
  end
  hint(p, q.s, experts)
  return remember(p, q.s, q, {'ok', redis.call('HGET', p .. 'u:' .. q.s, 'rev') or '0'})
end)

-- cancel {s, leg, expert, actor, rid, hash}: ends one leg; with `expert` only if he is the one on it -> ok.
redis.register_function('xl1_cancel', function(keys, args)
  local p, q = prefix(keys), cjson.decode(args[1])
  if redis.call('EXISTS', session_key(p, q.s)) == 0 then return refused('UNKNOWN_SESSION', 'session', q.s) end
  local earlier = remembered(p, q.s, q)
  if earlier then return earlier end
  local l = load_leg(p, q.s, q.leg)
  if not l then return refused('UNKNOWN_LEG', 'session', q.s, 'leg', q.leg) end
  if q.expert and l.expert ~= q.expert then
    return refused('WRONG_STATE', 'session', q.s, 'leg', q.leg, 'state', 'not the expert on it')
  end
  local touched, now = {}, now_ms(p)
  if q.expert then acted(p, q.expert, now) end
  if l.state ~= 'ended' then audit_act(p, q.actor, 'CancelLeg', q.s, 'leg ' .. l.id) end
  end_leg(p, q.s, l, l.began and 'completed' or 'canceled', now, touched)
  hint(p, q.s, touched)
  return remember(p, q.s, q, {'ok'})
end)

-- end {s, outcome, actor, rid, hash}: ends all legs and the session -> ok. Done twice is done once.
redis.register_function('xl1_end', function(keys, args)
  local p, q = prefix(keys), cjson.decode(args[1])
  local key = session_key(p, q.s)
  if redis.call('EXISTS', key) == 0 then return refused('UNKNOWN_SESSION', 'session', q.s) end
  local earlier = remembered(p, q.s, q)
  if earlier then return earlier end
  local touched, now = {}, now_ms(p)
  if redis.call('HGET', key, 'state') == 'open' then audit_act(p, q.actor, 'EndSession', q.s) end
  for _, id in ipairs(split(redis.call('HGET', key, 'legs'), ',')) do
    local l = load_leg(p, q.s, id)
    end_leg(p, q.s, l, l.began and 'completed' or 'canceled', now, touched, q.outcome)
  end
  hint(p, q.s, touched)
  return remember(p, q.s, q, {'ok'})
end)
