// The environment of a shell in which nobody ran npm before: `npm run` names its own package and folder in variables, which an npm that is
// started below would take for its own. Settings of the user, such as which registry to use, stay.
const SET_BY_NPM_RUN =
  /^(npm_(package|lifecycle|node|execpath|command)|npm_config_(local_prefix|package|node_gyp)$|INIT_CWD$|NODE_OPTIONS$)/;

export function userEnvironment(more = {}) {
  const kept = Object.entries(process.env).filter(([name]) => !SET_BY_NPM_RUN.test(name));
  return { ...Object.fromEntries(kept), npm_config_update_notifier: 'false', ...more };
}
