-- Voice beside the conversation: lines held, calls at routing points, what the platform reports.

-- hold {s, medium, expert, dn, rp, kind, call, hold_ms, seed, strat, secret, trace, rid, hash}: holds the line of the expert who is on the
-- conversation, in a leg of its own. `dn` is where the call will be sent: his number, or the routing point `rp`.
-- -> ok, leg, expert, held until (ms).
redis.register_function('xl1_hold', function(keys, args)
  local p, q = prefix(keys), cjson.decode(args[1])
  local earlier = remembered(p, q.s, q)
  if earlier then return earlier end
  local open, refusal = open_session(p, q.s)
  if not open then return refusal end
  local conversation
  for _, l in ipairs(talking(p, q.s)) do
    if l.expert == q.expert then conversation = l end
  end
  if not conversation then
    return refused('WRONG_STATE', 'session', q.s, 'state', 'no active conversation with the expert')
  end
  if q.call and redis.call('EXISTS', p .. 'c:' .. q.call) == 1 then
    return refused('WRONG_STATE', 'session', q.s, 'state', 'the call has a leg already')
  end
  local now = now_ms(p)
  q.leg, q.connect = next_leg_id(p, q.s), true
  local l = new_leg(p, q.s, q, 'held', now + q.hold_ms)
  if not take(p, q.s, l, q.expert, load_expert(p, q.expert)) then
    redis.call('HSET', session_key(p, q.s), 'legs', without(redis.call('HGET', session_key(p, q.s), 'legs'), q.leg))
    return refused('NO_CAPACITY', 'expert', q.expert, 'medium', q.medium)
  end
  l.expert, l.name, l.dn, l.held = q.expert, conversation.name, q.dn, q.expert
  save_leg(p, q.s, l)
  if q.call then redis.call('SET', p .. 'c:' .. q.call, q.s .. ' ' .. l.id) end
  hint(p, q.s, {q.expert})
  return remember(p, q.s, q, {'ok', l.id, int(l.due)})
end)

-- call {s, must_exist, new_session, medium, rp, strat, seed, secret, call, parent, kind, deadline_ms, agent, agent_name,
-- about, case, bridge, limit}, facts, fallback bytes, user data...: a call is at a routing point. Joins the session `s` (its
-- held leg for that routing point, if there is one) when it is open, otherwise begins the session `new_session`;
-- `must_exist`: UNKNOWN_SESSION
-- if there is no session `s`.
-- -> ok, session, leg, leg version; again, session, leg: the call is known.
redis.register_function('xl1_call', function(keys, args)
  local p, q = prefix(keys), cjson.decode(args[1])
  local known = redis.call('GET', p .. 'c:' .. q.call)
  local now, held = now_ms(p), nil
  if known then
    local at = split(known, ' ')
    local l = load_leg(p, at[1], at[2])
    if not l or l.state ~= 'held' or l.rp ~= q.rp then return {'again', at[1], at[2]} end
    q.s, held = at[1], l
  end
  local s = q.s
  if q.must_exist and redis.call('EXISTS', session_key(p, s)) == 0 then return refused('UNKNOWN_SESSION', 'session', s) end
  if not s or redis.call('HGET', session_key(p, s), 'state') ~= 'open' then s = q.new_session end
  local sets = {}
  for i = 4, #args do sets[#sets + 1] = args[i] end
  local too_large = change_user_data(p, s, {}, sets, q.limit)
  if too_large then return too_large end
  if s == q.new_session then
    new_session(p, s, q, args[2], now)
  elseif not held then
    for _, id in ipairs(split(redis.call('HGET', session_key(p, s), 'legs'), ',')) do
      local l = load_leg(p, s, id)
      if l.state == 'held' and l.rp == q.rp and not l.call then held = held or l end
    end
  end
  q.connect, q.routed, q.deadline = true, true, now + q.deadline_ms
  local l = held
  if l then
    l.call, l.parent, l.kind, l.routed, l.deadline, l.secret = q.call, q.parent, q.kind, true, q.deadline, q.secret
    reroute(l, now)
  else
    q.leg = next_leg_id(p, s)
    l = new_leg(p, s, q, 'routing', now + REROUTE_MS)
  end
  if args[3] ~= '' then redis.call('HSET', session_key(p, s), 'fallback:' .. l.id, args[3]) end
  redis.call('SET', p .. 'c:' .. q.call, s .. ' ' .. l.id)
  save_leg(p, s, l)
  hint(p, s, l.held and {l.held} or {})
  return {'ok', s, l.id, int(l.v)}
end)

-- find_call {call} -> ok, session, leg; UNKNOWN_CALL.
redis.register_function('xl1_find_call', function(keys, args)
  local p, q = prefix(keys), cjson.decode(args[1])
  local known = redis.call('GET', p .. 'c:' .. q.call)
  if not known then return refused('UNKNOWN_CALL', 'call_id', q.call) end
  return {'ok', unpack(split(known, ' '))}
end)

-- find_parent {call} -> ok, the open session of that call, else the last one begun about the interaction of that id; none.
redis.register_function('xl1_find_parent', function(keys, args)
  local p, q = prefix(keys), cjson.decode(args[1])
  local known = redis.call('GET', p .. 'c:' .. q.call)
  local s = known and split(known, ' ')[1]
  if not s or redis.call('HGET', session_key(p, s), 'state') ~= 'open' then
    s = redis.call('ZREVRANGE', p .. 'about:' .. q.call, 0, 0)[1]
  end
  if not s then return {'none'} end
  return {'ok', s}
end)

-- The expert's line is free again; on to the next one if a RouteCall is open, else the leg is over.
local function not_connected(p, s, l, now, touched)
  local expert = l.expert
  if not l.routed then
    end_leg(p, s, l, 'failed', now, touched)
    return
  end
  release(p, s, l, expert)
  touched[#touched + 1] = expert
  l.asked = joined(l.asked, expert)
  l.expert, l.name, l.dn, l.held = nil, nil, nil, nil
  reroute(l, now)
  save_leg(p, s, l)
end

local CONNECTING = {held = true, connecting = true}

-- voice {s, leg, event, other}: what became of a call. What does not fit the leg's state (repeated, out of order) changes
-- nothing, nor does what another party than the expert did (`other`). -> ok, state, leg version.
redis.register_function('xl1_voice', function(keys, args)
  local p, q = prefix(keys), cjson.decode(args[1])
  if redis.call('EXISTS', session_key(p, q.s)) == 0 then return refused('UNKNOWN_SESSION', 'session', q.s) end
  local l = load_leg(p, q.s, q.leg)
  if not l or not l.connect then return refused('UNKNOWN_LEG', 'session', q.s, 'leg', q.leg) end
  if q.other then return {'ok', l.state, int(l.v)} end
  local now, touched, event = now_ms(p), {}, q.event
  if l.expert then touched[1] = l.expert end
  if CONNECTING[l.state] then
    if event == 'ringing' and l.state == 'held' then
      l.state, l.due = 'connecting', now + CONNECT_MS
      save_leg(p, q.s, l)
    elseif event == 'answered' or event == 'joined' then
      l.state, l.due, l.began = 'active', now + LONGEST_MS, now
      expert_reached(p, q.s, l, now)
      acted(p, l.expert, now)
      save_leg(p, q.s, l)
    elseif event == 'no_answer' or event == 'busy' or event == 'failed' then
      not_connected(p, q.s, l, now, touched)
    elseif event == 'released' or event == 'left' then
      end_leg(p, q.s, l, 'canceled', now, touched)
    end
  elseif l.state == 'active' and (event == 'released' or event == 'left') then
    end_leg(p, q.s, l, 'completed', now, touched)
  elseif OFFER_STATES[l.state] and event == 'released' then
    end_leg(p, q.s, l, 'canceled', now, touched)
  end
  hint(p, q.s, touched)
  return {'ok', l.state, int(l.v)}
end)
