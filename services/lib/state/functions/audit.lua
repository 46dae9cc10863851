-- The audit: what policy refused, and what supervisors and operators did. Never user data or words of a conversation.
--
-- {D}:audit STREAM: a = actor, c = action, t = target, r = 1 if it was refused, d = detail, w = wall-clock ms

local AUDIT_LENGTH = 100000
local AUDIT_MS = 90 * 24 * 3600 * 1000

-- One line; within the function that does what it tells of, so that neither is without the other.
local function audit(p, actor, action, target, was_refused, detail)
  local wall = wall_ms()
  local id = redis.call('XADD', p .. 'audit', 'MAXLEN', '~', AUDIT_LENGTH, '*', 'a', actor, 'c', action, 't', target,
                        'r', was_refused and '1' or '0', 'd', detail or '', 'w', int(wall))
  redis.call('XTRIM', p .. 'audit', 'MINID', '~', int(math.max(0, wall - AUDIT_MS)))
  return id
end

-- audit {actor, action, target, refused, detail} -> ok, id of the line.
redis.register_function('xl1_audit', function(keys, args)
  local p, q = prefix(keys), cjson.decode(args[1])
  return {'ok', audit(p, q.actor, q.action, q.target, q.refused, q.detail)}
end)
