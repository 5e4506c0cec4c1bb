// Everything that can be imported from the packages, and the modules that import it, once each.

/** The index and the subpaths of each package, each with the optional peers of its package. */
export function entries(packed) {
  return packed.flatMap(({ manifest }) =>
    Object.keys(manifest.exports)
      .filter((path) => path !== './package.json')
      .map((path) => ({ name: manifest.name + path.slice(1), peers: Object.keys(manifest.peerDependencies ?? {}) })),
  );
}

/** Imports what is there, and prints an object: of each entry, how many names it exports, or what is said in their place. */
export function importEach(names) {
  return `const outcomes = {};
for (const name of ${JSON.stringify(names)}) {
  outcomes[name] = await import(name).then((all) => Object.keys(all).length, (error) => error.message);
}
console.log(JSON.stringify(outcomes));
`;
}

/** The same with \`require\`. */
export function requireEach(names) {
  return `const outcomes = {};
for (const name of ${JSON.stringify(names)}) outcomes[name] = Object.keys(require(name)).length;
console.log(JSON.stringify(outcomes));
`;
}

/** The same in TypeScript: as an ES module, or in a file of CommonJS. */
export function importEachTyped(names) {
  const imports = names.map((name, i) => `import * as entry${i} from '${name}';\n`).join('');
  const counts = names.map((name, i) => `  '${name}': Object.keys(entry${i}).length,\n`).join('');
  return `${imports}console.log(JSON.stringify({\n${counts}}));\n`;
}
