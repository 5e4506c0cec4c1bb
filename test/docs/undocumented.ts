import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import { type Node, SyntaxKind } from 'typescript/unstable/ast';
import { API, type Checker, type Project, type Symbol, SymbolFlags } from 'typescript/unstable/sync';

/** What the nodes of the compiler carry that matters here; its own types name another one for each kind of declaration. */
interface Declaration extends Node {
  readonly name?: { readonly kind: SyntaxKind; readonly text: string };
  readonly modifiers?: readonly Node[];
  readonly members?: readonly Declaration[];
  readonly heritageClauses?: readonly { readonly types: readonly Node[] }[];
  readonly type?: Declaration;
  readonly types?: readonly Declaration[];
  readonly initializer?: Declaration;
  readonly expression?: Declaration;
  readonly properties?: readonly Declaration[];
}

/**
 * The exports of a package, and the members of its exported classes, interfaces and type literals, that have no docstring: as `file Name` or
 * `file Name.member`. None is asked of
 * - constructors, which their class documents, and members with a computed name (`[Symbol.asyncDispose]`);
 * - members that a class or an interface above has too: what is said there holds;
 * - fields whose type is one literal (`kind: 'get'`) and constants that are one number (`Opcode.Get`): such a tag says which one it is;
 * - what is written in the line of something that has a docstring: the parts of a union, the type of a member.
 */
export function undocumented(packageFolder: URL): string[] {
  const api = new API();
  try {
    const config = fileURLToPath(new URL('tsconfig.json', packageFolder));
    const project = api.updateSnapshot({ openProjects: [config] }).getProject(config)!;
    const search = new Search(project, fileURLToPath(packageFolder));
    for (const file of entriesOf(packageFolder)) search.entry(file);
    return search.sorted();
  } finally {
    api.close();
  }
}

/** The sources that stand for the `exports` of a package: all that one can import of it. */
function entriesOf(packageFolder: URL): string[] {
  const json = readFileSync(new URL('package.json', packageFolder), 'utf8');
  const { exports } = JSON.parse(json) as { exports: Record<string, string | Record<string, string>> };
  const sources = Object.values(exports).flatMap((entry) =>
    typeof entry === 'string' ? [] : [entry['@wirewright/source']!],
  );
  return sources.map((path) => fileURLToPath(new URL(path, packageFolder)));
}

class Search {
  readonly #found = new Set<string>();
  readonly #project: Project;
  readonly #folder: string;
  readonly #checker: Checker;
  readonly #seen = new Set<Declaration>();

  constructor(project: Project, folder: string) {
    this.#project = project;
    this.#folder = folder;
    this.#checker = project.checker;
  }

  entry(file: string): void {
    const module = this.#checker.getSymbolAtLocation(this.#project.program.getSourceFile(file)!)!;
    for (const symbol of this.#checker.getExportsOfModule(module)) this.#export(symbol);
  }

  sorted(): string[] {
    const names = [...this.#found];
    names.sort();
    return names;
  }

  #export(exported: Symbol): void {
    const symbol = exported.flags & SymbolFlags.Alias ? this.#checker.getAliasedSymbol(exported) : exported;
    const declarations = this.#declarations(symbol);
    if (this.#checker.getDocumentationCommentOfSymbol(symbol) === '') this.#add(declarations[0]!, exported.name);
    for (const declaration of declarations) this.#members(exported.name, declaration);
  }

  #members(owner: string, declaration: Declaration): void {
    if (this.#seen.has(declaration) || !declaration.getSourceFile().fileName.startsWith(this.#folder)) return;
    this.#seen.add(declaration);
    const above = (declaration.heritageClauses ?? []).flatMap((clause) => clause.types);
    // Members of a class or an interface that is not exported itself are public through the one that extends it.
    for (const node of above) {
      const symbol = this.#checker.getTypeAtLocation(node)?.getSymbol();
      for (const base of symbol === undefined ? [] : this.#declarations(symbol))
        this.#members(base.name?.text ?? owner, base);
    }
    const { type, initializer, expression } = declaration;
    if (type !== undefined) this.#members(owner, type);
    // An object that is exported as it stands, `as const` or not, and one whose type is only there for it.
    if (initializer !== undefined && type === undefined) this.#members(owner, initializer);
    if (declaration.kind === SyntaxKind.AsExpression) this.#members(owner, expression!);
    if (type?.kind === SyntaxKind.TypeReference && declaration.kind === SyntaxKind.VariableDeclaration) {
      const symbol = this.#checker.getTypeAtLocation(type)?.getSymbol();
      for (const base of symbol === undefined ? [] : this.#declarations(symbol)) this.#members(owner, base);
    }
    if (declaration.kind !== SyntaxKind.UnionType)
      for (const part of declaration.types ?? []) this.#members(owner, part);

    const members = declaration.members ?? declaration.properties ?? [];
    const documented = new Set(members.filter(isDocumented).map((member) => member.name?.text));
    for (const member of members.filter(isNamedAndPublic)) {
      const name = member.name!.text;
      const inherits = above.some((node) =>
        this.#checker.getPropertyOfType(this.#checker.getTypeAtLocation(node)!, name),
      );
      if (!documented.has(name) && !inherits && !isTag(member)) this.#add(member, `${owner}.${name}`);
    }
  }

  #add(declaration: Declaration, name: string): void {
    this.#found.add(`${relative(this.#folder, declaration.getSourceFile().fileName)} ${name}`);
  }

  #declarations(symbol: Symbol): Declaration[] {
    return symbol.declarations.map((handle) => handle.resolve(this.#project) as Declaration);
  }
}

const isDocumented = (node: Declaration): boolean => (node.jsDoc ?? []).length > 0;

function isNamedAndPublic({ name, modifiers = [] }: Declaration): boolean {
  return (
    name?.kind === SyntaxKind.Identifier &&
    modifiers.every(
      (modifier) => modifier.kind !== SyntaxKind.PrivateKeyword && modifier.kind !== SyntaxKind.ProtectedKeyword,
    )
  );
}

const isTag = ({ type, initializer }: Declaration): boolean =>
  type?.kind === SyntaxKind.LiteralType || initializer?.kind === SyntaxKind.NumericLiteral;
