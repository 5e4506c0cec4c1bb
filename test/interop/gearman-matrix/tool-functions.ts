/** Waits for the file of a gate, but not for ever: whoever kills the worker does not kill its command. */
const WAIT = 'n=0; until [ -e "$file.gate" ] || [ $n = 1000 ]; do sleep 0.02; n=$((n + 1)); done';

/** Commands with which the `gearman` tool does functions. They read all before they write: until then it does not listen. */
export const TOOL_FUNCTIONS: Readonly<Record<string, readonly string[]>> = {
  echo: ['perl', '-0777', '-pe', '1'],
  reverse: ['perl', '-0777', '-pe', '$_ = reverse'],
  fail: ['false'],
  // Writes down that a task is done; one whose text begins with `wait` waits for the file to have a gate.
  note: [
    'sh',
    '-c',
    `read -r file; read -r text; case "$text" in wait*) ${WAIT};; esac; echo "$text" >> "$file"; printf %s "$text"`,
  ],
};
