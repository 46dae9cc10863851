-- Who takes part in a session: further experts, another agent, supervisors; and what experts say of themselves.

local MOST_PARTICIPANTS = 8

-- How many are in the conversation or sought for it: the agent, supervisors, experts. A leg that replaces another counts
-- with that one.
local function participants(p, s)
  local count, running = 0, {}
  for _, one in ipairs(people_of(p, s)) do
    if not one.left then count = count + 1 end
  end
  for _, id in ipairs(split(redis.call('HGET', session_key(p, s), 'legs'), ',')) do
    local l = load_leg(p, s, id)
    if l.state ~= 'ended' and not l.connect then
      running[id] = true
      if not running[l.replaces or ''] then count = count + 1 end
    end
  end
  return count
end

local function too_many(p, s)
  if participants(p, s) < MOST_PARTICIPANTS then return nil end
  return refused('TOO_MANY_PARTICIPANTS', 'session', s, 'limit', int(MOST_PARTICIPANTS))
end

-- The leg that a transfer replaces: the one named, else the only active one; or nil and a refusal.
local function to_replace(p, s, named, legs)
  if not named then
    if #legs > 1 then
      return nil, refused('INVALID_FIELD', 'field', 'leg', 'rule', 'required: several experts are on the conversation')
    end
    return legs[1]
  end
  local l = load_leg(p, s, named)
  if not l then return nil, refused('UNKNOWN_LEG', 'session', s, 'leg', named) end
  if l.state == 'active' and not l.connect then return l end
  return nil, refused('WRONG_STATE', 'session', s, 'leg', named, 'state', l.connect and 'a call' or l.state)
end

-- seek {s, transfer, leg, medium, rp, strat, seed, secret, by_name, nobody, action, actor, rid, hash}: one more leg of the
-- conversation, to be routed; `transfer`: in place of `leg` (absent: the only active one).
-- -> ok, leg, leg version ("0": the request was answered before).
redis.register_function('xl1_seek', function(keys, args)
  local p, q = prefix(keys), cjson.decode(args[1])
  local key = session_key(p, q.s)
  local earlier = remembered(p, q.s, q)
  if earlier then return earlier end
  local open, refusal = open_session(p, q.s)
  if not open then return refusal end
  local legs, now = talking(p, q.s), now_ms(p)
  if #legs == 0 then return refused('WRONG_STATE', 'session', q.s, 'state', 'no active conversation') end
  if q.transfer then
    local replaced
    replaced, refusal = to_replace(p, q.s, q.leg, legs)
    if not replaced then return refusal end
    for _, id in ipairs(split(redis.call('HGET', key, 'legs'), ',')) do
      local l = load_leg(p, q.s, id)
      if l.replaces == replaced.id and l.state ~= 'ended' then
        return refused('WRONG_STATE', 'session', q.s, 'leg', replaced.id, 'state', 'leg ' .. id .. ' is to replace it already')
      end
    end
    q.replaces = replaced.id
  else
    refusal = too_many(p, q.s)
    if refusal then return refusal end
  end
  if q.by_name then
    if redis.call('EXISTS', p .. 'e:' .. q.by_name) == 0 then return refused('UNKNOWN_EXPERT', 'expert', q.by_name) end
    for _, l in ipairs(legs) do
      if l.expert == q.by_name then
        return refused('WRONG_STATE', 'session', q.s, 'leg', l.id, 'state', 'the expert is on the conversation')
      end
    end
  end
  q.leg, q.joins = 'c' .. int(redis.call('HINCRBY', key, 'talk', 1) + 1), true
  local l = new_leg(p, q.s, q, 'routing', now + REROUTE_MS)
  save_leg(p, q.s, l)
  audit_act(p, q.actor, q.action, q.s, q.by_name and 'expert ' .. q.by_name or 'routing point ' .. q.rp)
  local touched = {}
  touch_talking(p, q.s, touched)
  hint(p, q.s, touched)
  remember(p, q.s, q, {'ok', l.id, '0'})
  return {'ok', l.id, int(l.v)}
end)

-- change_agent {s, agent, agent_name, text, actor, rid, hash}, facts: another agent has the interaction; `text` is said in
-- the conversation -> ok. The same again changes nothing.
redis.register_function('xl1_change_agent', function(keys, args)
  local p, q = prefix(keys), cjson.decode(args[1])
  local key = session_key(p, q.s)
  local earlier = remembered(p, q.s, q)
  if earlier then return earlier end
  local open, refusal = open_session(p, q.s)
  if not open then return refusal end
  if redis.call('HGET', key, 'facts') ~= args[2] then
    local people, now = people_of(p, q.s), now_ms(p)
    local one = present(people, 1)
    if one and one.i == q.agent then
      one.n = q.agent_name
    else
      if one then one.left = now end
      people[#people + 1] = {r = 1, i = q.agent, n = q.agent_name, at = now}
      say(p, q.s, SYSTEM, '', q.text)
      audit_act(p, q.actor, 'ChangeAgent', q.s, 'agent ' .. q.agent)
      agent_changed(p, q.s, q.agent)
    end
    redis.call('HSET', key, 'facts', args[2], 'people', cjson.encode(people))
    redis.call('HINCRBY', key, 'v', 1)
    local touched = {}
    for _, id in ipairs(split(redis.call('HGET', key, 'legs'), ',')) do
      local l = load_leg(p, q.s, id)
      if l.expert and l.state ~= 'ended' then touched[#touched + 1] = l.expert end
    end
    hint(p, q.s, touched)
  end
  return remember(p, q.s, q, {'ok'})
end)

-- take_part {s, supervisor, name, on}: a supervisor is in the conversation, or no longer -> ok. The same again changes
-- nothing; who leaves an ended session has left it.
redis.register_function('xl1_take_part', function(keys, args)
  local p, q = prefix(keys), cjson.decode(args[1])
  local key = session_key(p, q.s)
  local open, refusal = open_session(p, q.s)
  if not open then
    if not q.on and refusal[2] == 'WRONG_STATE' then return {'ok'} end
    return refusal
  end
  local people, now = people_of(p, q.s), now_ms(p)
  local one = present(people, SUPERVISOR, q.supervisor)
  if (one ~= nil) == q.on then return {'ok'} end
  if q.on then
    refusal = too_many(p, q.s)
    if refusal then return refusal end
    people[#people + 1] = {r = SUPERVISOR, i = q.supervisor, n = q.name, at = now}
  else
    one.left = now
  end
  redis.call('HSET', key, 'people', cjson.encode(people))
  redis.call('HINCRBY', key, 'v', 1)
  audit_act(p, 'supervisor:' .. q.supervisor, q.on and 'JoinSession' or 'LeaveSession', q.s)
  local experts = {}
  for i, l in ipairs(talking(p, q.s)) do experts[i] = l.expert end
  hint(p, q.s, experts)
  return {'ok'}
end)

-- call_me {s, expert, number}: calls of this session come to him there ('': at his usual number) -> ok. He must have a leg
-- of it.
redis.register_function('xl1_call_me', function(keys, args)
  local p, q = prefix(keys), cjson.decode(args[1])
  local key, his = session_key(p, q.s), false
  local open, refusal = open_session(p, q.s)
  if not open then return refusal end
  for _, id in ipairs(split(redis.call('HGET', key, 'legs'), ',')) do
    local l = load_leg(p, q.s, id)
    his = his or (l.expert == q.expert and l.state ~= 'ended')
  end
  if not his then return refused('WRONG_STATE', 'session', q.s, 'state', 'the expert is not on it') end
  acted(p, q.expert, now_ms(p))
  local field = 'number:' .. q.expert
  if (redis.call('HGET', key, field) or '') ~= q.number then
    if q.number == '' then
      redis.call('HDEL', key, field)
    else
      redis.call('HSET', key, field, q.number)
    end
    redis.call('HINCRBY', key, 'v', 1)
    hint(p, q.s, {q.expert})
  end
  return {'ok'}
end)

-- wrapped_up {s, leg, expert}: he is done with wrapping it up -> ok, whether he was at it (1) or not (0).
redis.register_function('xl1_wrapped_up', function(keys, args)
  local p, q = prefix(keys), cjson.decode(args[1])
  local now = now_ms(p)
  acted(p, q.expert, now)
  if redis.call('ZREM', p .. 'due', 'wrap ' .. q.expert .. ' ' .. q.s .. ' ' .. q.leg) == 0 then return {'ok', '0'} end
  end_wrap_up(p, q.expert, q.s, q.leg, now)
  return {'ok', '1'}
end)

-- resume {expert}: he wants offers again after he let several run out -> ok.
redis.register_function('xl1_resume', function(keys, args)
  local p, q = prefix(keys), cjson.decode(args[1])
  acted(p, q.expert, now_ms(p))
  return {'ok'}
end)

-- blocks {experts = [...]} -> ok, then per expert the number of his v1.Block, 0 if nothing blocks him.
redis.register_function{function_name = 'xl1_blocks', flags = {'no-writes'}, callback = function(keys, args)
  local p, q = prefix(keys), cjson.decode(args[1])
  local answer = {'ok'}
  for i, expert in ipairs(q.experts) do
    local x = load_expert(p, expert)
    answer[i + 1] = x and x.block or '0'
  end
  return answer
end}
