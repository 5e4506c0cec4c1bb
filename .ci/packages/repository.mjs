// What the package.json of a package says of the repository, in a workflow on GitHub. Elsewhere nobody knows where it is, and it says nothing.
const { GITHUB_SERVER_URL: host, GITHUB_REPOSITORY: repository } = process.env;

/** `source`: the folder of the package, from the root of the repository. */
export function repositoryOf(source) {
  if (repository === undefined) return {};
  return { repository: { type: 'git', url: `git+${host}/${repository}.git`, directory: source } };
}
