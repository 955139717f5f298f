/**
 * Configuration that beats what a repository says of itself, and keeps git from running programs or asking people.
 * It cannot name every filter and textconv driver: that is why git on an agent's `.git` runs inside the fence.
 */
const CONFIG: Readonly<Record<string, string>> = {
  'core.hooksPath': '/dev/null',
  'core.fsmonitor': 'false',
  'core.pager': 'cat',
  'core.attributesFile': '/dev/null',
  'core.untrackedCache': 'false',
  // Beyond it git streams instead of holding a file in memory: a small pack can unfold into a huge one.
  'core.bigFileThreshold': '32m',
  'credential.helper': '',
  'commit.gpgSign': 'false',
  'tag.gpgSign': 'false',
  'gpg.program': '/bin/false',
  'diff.external': '',
  'protocol.ext.allow': 'never',
  'submodule.recurse': 'false',
  'advice.detachedHead': 'false',
  'gc.auto': '0',
  'maintenance.auto': 'false',
}

/**
 * The environment for one git command. Everything goes by environment because argv can be read by every user of the
 * machine, and a config file outlives the command: a token in `config` is seen by nobody else.
 */
export function hardenedEnv(config: Readonly<Record<string, string>> = {}): Record<string, string> {
  const env: Record<string, string> = {
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: 'true',
    SSH_ASKPASS: 'true',
    GIT_EDITOR: 'true',
    GIT_SEQUENCE_EDITOR: 'true',
    GIT_PAGER: 'cat',
    GIT_ALLOW_PROTOCOL: 'file:http:https:ssh',
    GIT_PROTOCOL_FROM_USER: '0',
    GIT_NO_REPLACE_OBJECTS: '1',
  }
  const pairs = Object.entries({ ...CONFIG, ...config })
  for (const [index, [key, value]] of pairs.entries()) {
    env[`GIT_CONFIG_KEY_${index}`] = key
    env[`GIT_CONFIG_VALUE_${index}`] = value
  }
  return { ...env, GIT_CONFIG_COUNT: String(pairs.length) }
}
