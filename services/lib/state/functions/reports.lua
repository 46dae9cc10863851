-- What came of it: sums by the hour, interactions and their dispositions, the time in which experts could be asked --------
-- {D}:sum:<hour> HASH       hour: hours since 1970 of wall-clock time. Where there is no routing point or agent: "*".
--   "s <what> <routing point> <agent>"   of sessions that began in that hour: sessions, and of those that have ended one of
--                           helped | default_routed | canceled | failed; of those that reached somebody and helped instead
--                           reached: for each REACHED and the ms from the question to the first expert
--   "x <what> <routing point> <expert>"  of offers made in that hour, when they are closed: their outcomes; of legs that
--                           became active in it, when they are over: chat, talk (ms)
-- {D}:i:<interaction> HASH  time (ms when it was heard of first), case, sessions, points and experts (those who helped)
--                           joined by ",", mailbox (1: it ended in a mailbox and nobody has disposed of it since); once
--                           somebody has disposed: code, resolved (1, 0), notes, by, disposed (ms)
-- {D}:case:<key> ZSET       interactions of a case by time
-- {D}:interactions ZSET     all of them by time
-- {D}:eligible:<day> HASH   day: days since 1970, UTC. Expert -> the second of that day up to which it is known, and for each
--                           of its hours the seconds in which he could be asked or was on a leg: struct ">I" and 24 ">H"
-- {D}:accountant            the replica that adds to it, for ACCOUNTANT_MS
-- {D}:sessions:agent:<id> ZSET    sessions he began or took over, by order
-- {D}:sessions:expert:<id> ZSET   sessions in which he was asked, in the order in which he first was

local MOST_LISTED = 100  -- sessions of an interaction
local ACCOUNTANT_MS = 15000
local SWEPT_AT_ONCE = 24  -- hours a tick
local REACHED = 1e12
local ELIGIBLE = '>IHHHHHHHHHHHHHHHHHHHHHHHH'  -- nothing can be called while the library is loaded

local function hour_of(p, ms)
  return int(math.floor(shown_ms(p, ms) / HOUR))
end

local function named(id)
  return (id and id ~= '') and id or '*'
end

-- Lists are texts joined by ",": `item` at the end, once; with `most` the first ones go.
local function listed(list, item, most)
  if not list or list == '' then return item end
  if string.find(',' .. list .. ',', ',' .. item .. ',', 1, true) then return list end
  local parts = most and split(list, ',') or {}
  if most and #parts >= most then list = table.concat(parts, ',', #parts - most + 2) end
  return list .. ',' .. item
end

-- Something of an interaction is heard: {about = its id, case}. Gives the fields of its hash to be written.
local function heard(p, q, now, time, case)
  local fields = {}
  if not time then
    time = int(now)
    fields = {'time', time}
    redis.call('ZADD', p .. 'interactions', time, q.about)
  end
  if q.case and q.case ~= '' and q.case ~= case then
    if case then redis.call('ZREM', p .. 'case:' .. case, q.about) end
    fields[#fields + 1] = 'case'
    fields[#fields + 1] = q.case
    redis.call('ZADD', p .. 'case:' .. q.case, time, q.about)
  end
  return fields
end

-- A session has begun: {rp, agent, about, case}.
local function session_begun(p, s, q, order, now)
  local hour, by = hour_of(p, now), named(q.rp) .. ' ' .. named(q.agent)
  redis.call('HSET', p .. 's:' .. s, 'sum', hour .. ' ' .. by)
  redis.call('HINCRBY', p .. 'sum:' .. hour, 's sessions ' .. by, 1)
  tally(p, 'sessions ' .. named(q.rp))
  if named(q.agent) ~= '*' then redis.call('ZADD', p .. 'sessions:agent:' .. q.agent, order, s) end
  local key = p .. 'i:' .. q.about
  local f = redis.call('HMGET', key, 'time', 'case', 'sessions', 'points')
  redis.call('HSET', key, 'sessions', listed(f[3], s, MOST_LISTED), 'points', listed(f[4], q.rp),
             unpack(heard(p, q, now, f[1], f[2])))
end

-- Another agent has the session.
local function agent_changed(p, s, agent)
  redis.call('ZADD', p .. 'sessions:agent:' .. agent, redis.call('HGET', p .. 's:' .. s, 'order'), s)
end

-- An expert is asked in a session, or gets a leg of it.
local function expert_asked(p, s, l, expert)
  redis.call('ZADD', p .. 'sessions:expert:' .. expert, 'NX', l.order, s)
end

-- An offer has got its outcome.
local function offer_over(p, l, offer, outcome)
  redis.call('HINCRBY', p .. 'sum:' .. hour_of(p, offer.at), 'x ' .. outcome .. ' ' .. named(l.rp) .. ' ' .. offer.e, 1)
  tally(p, 'offers ' .. named(l.rp) .. ' ' .. l.medium .. ' ' .. outcome)
  tally_ms(p, 'answer ' .. named(l.rp) .. ' ' .. outcome, now_ms(p) - offer.at, PEOPLE_S)
end

-- An expert is on a leg. The first of a session is who the agent has waited for.
local function expert_reached(p, s, l, now)
  if redis.call('HSETNX', p .. 's:' .. s, 'reached', int(now)) == 0 then return end
  tally_ms(p, 'expert ' .. named(l.rp), now - redis.call('HGET', p .. 's:' .. s, 'created'), PEOPLE_S)
end

-- A leg has ended.
local function leg_over(p, s, l, now)
  local interaction
  if l.began and l.expert then
    local what = l.connect and 'x talk ' or 'x chat '
    redis.call('HINCRBY', p .. 'sum:' .. hour_of(p, l.began), what .. named(l.rp) .. ' ' .. l.expert, int(now - l.began))
    tally(p, 'leg_ms ' .. named(l.rp) .. ' ' .. l.medium, int(now - l.began))
    interaction = redis.call('HGET', p .. 's:' .. s, 'about')
    local f = interaction and redis.call('HMGET', p .. 'i:' .. interaction, 'time', 'experts') or {}
    if f[1] then redis.call('HSET', p .. 'i:' .. interaction, 'experts', listed(f[2], l.expert)) end
  elseif l.outcome == 'default_routed' then
    -- A v1.DefaultTarget is one field: its first byte says which. 10 is field 1, `voicemail`.
    local f = redis.call('HMGET', p .. 's:' .. s, 'about', 'default:' .. l.id)
    if f[1] and f[2] and string.byte(f[2]) == 10 and redis.call('EXISTS', p .. 'i:' .. f[1]) == 1 then
      redis.call('HSET', p .. 'i:' .. f[1], 'mailbox', 1)
    end
  end
end

-- A session has ended; `began`: when the first expert was on it, or nil.
local function session_over(p, s, outcome, began)
  local f = redis.call('HMGET', p .. 's:' .. s, 'sum', 'created')
  local hour, by = string.match(f[1] or '', '^(%d+) (.*)$')
  if not hour then return end
  tally(p, 'sessions_ended ' .. string.match(by, '^%S+') .. ' ' .. outcome)
  local sum = p .. 'sum:' .. hour
  if outcome == 'helped' and began then
    redis.call('HINCRBY', sum, 's reached ' .. by, int(REACHED + began - f[2]))
  else
    redis.call('HINCRBY', sum, 's ' .. outcome .. ' ' .. by, 1)
  end
end

-- A session is forgotten. Whoever calls it deletes its hash after that.
local function leave_lists(p, s)
  local flat = redis.call('HGETALL', p .. 's:' .. s)
  for i = 1, #flat, 2 do
    local kind = string.sub(flat[i], 1, 2)
    for _, one in ipairs(flat[i] == 'people' and cjson.decode(flat[i + 1]) or {}) do
      if one.r == 1 then redis.call('ZREM', p .. 'sessions:agent:' .. one.i, s) end
    end
    if kind == 'f:' or kind == 'l:' then
      local it = cjson.decode(flat[i + 1])
      local experts = kind == 'f:' and {it.e} or split((it.expert or '') .. ',' .. (it.asked or ''), ',')
      for _, expert in ipairs(experts) do redis.call('ZREM', p .. 'sessions:expert:' .. expert, s) end
    end
  end
end

-- The next contact about the same case after that time: ms, or ''.
local function next_contact(p, case, time)
  if not case then return '' end
  return redis.call('ZRANGEBYSCORE', p .. 'case:' .. case, '(' .. time, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)[2] or ''
end

local function interaction_answer(p, interaction)
  local flat = redis.call('HGETALL', p .. 'i:' .. interaction)
  if #flat == 0 then return refused('UNKNOWN_INTERACTION', 'interaction', interaction) end
  local f = redis.call('HMGET', p .. 'i:' .. interaction, 'case', 'time')
  return {'ok', next_contact(p, f[1], f[2]), unpack(flat)}
end

-- dispose {about, case, code, resolved, notes, by}: the last one counts -> as interaction.
redis.register_function('xl1_dispose', function(keys, args)
  local p, q = prefix(keys), cjson.decode(args[1])
  local now = now_ms(p)
  local key = p .. 'i:' .. q.about
  local f = redis.call('HMGET', key, 'time', 'case')
  redis.call('HSET', key, 'code', q.code, 'resolved', flag(q.resolved), 'notes', q.notes, 'by', q.by, 'disposed', int(now),
             'mailbox', 0, unpack(heard(p, q, now, f[1], f[2])))
  return interaction_answer(p, q.about)
end)

-- interaction {about} -> ok, ms of the next contact about the same case or '', then field, value of its hash;
-- UNKNOWN_INTERACTION.
redis.register_function{function_name = 'xl1_interaction', flags = {'no-writes'}, callback = function(keys, args)
  return interaction_answer(prefix(keys), cjson.decode(args[1]).about)
end}

-- interactions {from, before, skip, most}: those that were heard of first in that time (ms), by time -> ok, then of each:
-- time, resolved ('' without a disposition), mailbox, experts, routing points, ms of the next contact about the same case
-- or ''.
redis.register_function{function_name = 'xl1_interactions', flags = {'no-writes'}, callback = function(keys, args)
  local p, q = prefix(keys), cjson.decode(args[1])
  local answer = {'ok'}
  for _, interaction in ipairs(redis.call('ZRANGEBYSCORE', p .. 'interactions', int(q.from), '(' .. int(q.before), 'LIMIT',
                                          q.skip, q.most)) do
    local f = redis.call('HMGET', p .. 'i:' .. interaction, 'time', 'resolved', 'mailbox', 'experts', 'points', 'case')
    for i = 1, 5 do answer[#answer + 1] = f[i] or '' end
    answer[#answer + 1] = next_contact(p, f[6], f[1])
  end
  return answer
end}

-- eligible: replica, then of each stretch: day, expert, from, to (seconds of that day). What is known of an expert up to
-- a later second is not added again, so it does not matter who tells it how often.
-- -> ok; other: another replica does this.
redis.register_function('xl1_eligible', function(keys, args)
  local p = prefix(keys)
  local holder = redis.call('GET', p .. 'accountant')
  if holder and holder ~= args[1] then return {'other'} end
  redis.call('SET', p .. 'accountant', args[1], 'PX', ACCOUNTANT_MS)
  for i = 2, #args, 4 do
    local key, expert = p .. 'eligible:' .. args[i], args[i + 1]
    local known = redis.call('HGET', key, expert)
    local v = {struct.unpack(ELIGIBLE, known or string.rep('\0', 52))}
    local from, to = math.max(tonumber(args[i + 2]), v[1]), tonumber(args[i + 3])
    if to > from then
      v[1] = to
      while from < to do
        local hour = math.floor(from / 3600)
        local stop = math.min(to, (hour + 1) * 3600)
        v[hour + 2] = v[hour + 2] + stop - from
        from = stop
      end
      redis.call('HSET', key, expert, struct.pack(ELIGIBLE, unpack(v, 1, 25)))
    end
  end
  return {'ok'}
end)

-- Forgets what is older than `keep` ms: at most `most` interactions and some hours at once.
local function forget_reports(p, now, offset, keep, most)
  for _, interaction in ipairs(redis.call('ZRANGEBYSCORE', p .. 'interactions', '-inf', int(now - keep), 'LIMIT', 0,
                                          most)) do
    local case = redis.call('HGET', p .. 'i:' .. interaction, 'case')
    if case then redis.call('ZREM', p .. 'case:' .. case, interaction) end
    redis.call('ZREM', p .. 'interactions', interaction)
    redis.call('DEL', p .. 'i:' .. interaction)
  end
  local last = math.floor((now + offset - keep) / HOUR) - 1
  local swept = tonumber(redis.call('HGET', p .. 'clock', 'swept') or last - 1)
  if swept >= last then return end
  local to = math.min(last, swept + SWEPT_AT_ONCE)
  for hour = swept + 1, to do
    redis.call('UNLINK', p .. 'sum:' .. int(hour))
    if hour % 24 == 23 then redis.call('UNLINK', p .. 'eligible:' .. int((hour - 23) / 24)) end
  end
  redis.call('HSET', p .. 'clock', 'swept', int(to))
end
