-- What is told of a conversation beside its messages: who is typing, what was delivered and read.
--
-- {D}:s:<session> HASH, seen:<role>:<id> = "delivered read": ids of messages, "-" for none; role: number of
-- v1.MessageAuthor. {D}:typing:<session>:<role>:<id> is there for a second after it was told.

local AGENT, EXPERT = 1, 2  -- numbers of v1.MessageAuthor
local TYPING_MS = 1000

-- Whether an expert has been on the conversation.
local function has_talked(p, s, expert)
  for _, id in ipairs(split(redis.call('HGET', session_key(p, s), 'legs'), ',')) do
    local l = load_leg(p, s, id)
    if l.expert == expert and l.began and not l.connect then return true end
  end
  return false
end

local function agent_of(p, s)
  return present(people_of(p, s), AGENT).i
end

-- typing {s, role, id}: told at once, and once a second at most, to the bridges of those who are in the conversation; the
-- agent without id. Nothing is written that lasts -> ok.
redis.register_function('xl1_typing', function(keys, args)
  local p, q = prefix(keys), cjson.decode(args[1])
  local open, refusal = open_session(p, q.s)
  if not open then return refusal end
  local experts, there = {}, q.role == AGENT
  for i, l in ipairs(talking(p, q.s)) do
    experts[i] = l.expert
    there = there or (q.role == EXPERT and l.expert == q.id)
  end
  there = there or (q.role == SUPERVISOR and present(people_of(p, q.s), SUPERVISOR, q.id) ~= nil)
  if #experts == 0 or not there then
    return refused('WRONG_STATE', 'session', q.s, 'state', #experts == 0 and 'no active conversation' or 'not in it')
  end
  local id = q.id or agent_of(p, q.s)
  local key = p .. 'typing:' .. q.s .. ':' .. q.role .. ':' .. id
  if redis.call('SET', key, '1', 'PX', TYPING_MS, 'NX') then
    hint(p, q.s, experts, 't', q.s .. ' ' .. q.role .. ' ' .. id .. ' ' .. table.concat(experts, ','))
  end
  return {'ok'}
end)

-- The later of two ids of messages, "-" before all.
local function later_of(a, b)
  if a == '-' then return b end
  if b == '-' then return a end
  return id_less(a, b) and b or a
end

-- mark {s, role, id, delivered, read}: up to which message the conversation was delivered to somebody who is or was in
-- it, and read by him; "-": no news. Never goes back, nor beyond the last message -> ok.
redis.register_function('xl1_mark', function(keys, args)
  local p, q = prefix(keys), cjson.decode(args[1])
  local key = session_key(p, q.s)
  local last = redis.call('HMGET', key, 'state', 'last')
  if not last[1] then return refused('UNKNOWN_SESSION', 'session', q.s) end
  local there = q.role == AGENT or (q.role == EXPERT and has_talked(p, q.s, q.id))
  if q.role == SUPERVISOR then
    for _, one in ipairs(people_of(p, q.s)) do there = there or (one.r == SUPERVISOR and one.i == q.id) end
  end
  if not there then return refused('WRONG_STATE', 'session', q.s, 'state', 'not in the conversation') end
  if not last[2] then return {'ok'} end
  local function within(id)
    return id ~= '-' and id_less(last[2], id) and last[2] or id
  end
  local field = 'seen:' .. q.role .. ':' .. (q.id or agent_of(p, q.s))
  local before = redis.call('HGET', key, field) or '- -'
  local seen = split(before, ' ')
  local read = later_of(seen[2], within(q.read))
  local after = later_of(later_of(seen[1], within(q.delivered)), read) .. ' ' .. read
  if after == before then return {'ok'} end
  redis.call('HSET', key, field, after)
  redis.call('HINCRBY', key, 'v', 1)
  local experts = {}
  for i, l in ipairs(talking(p, q.s)) do experts[i] = l.expert end
  -- Marks come in floods; whoever watches is told of some together.
  hint(p, q.s, experts, 'k')
  return {'ok'}
end)
