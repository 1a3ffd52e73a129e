import { command } from './command.js';
import { jsonOption } from './options.js';
import { print, printJson } from './terminal.js';

/** Each asks `lastbit __complete` for candidates, a line each with a tab before its remark; without any, files. */
const SCRIPTS: Readonly<Record<string, string>> = {
  bash: `# lastbit in bash: eval "$(lastbit completion bash)", in ~/.bashrc to keep it.
_lastbit() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$(lastbit __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1)" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _lastbit lastbit`,
  zsh: `#compdef lastbit
# lastbit in zsh: eval "$(lastbit completion zsh)", in ~/.zshrc behind compinit to keep it.
_lastbit() {
  local line
  local -a found
  for line in "\${(@f)$(lastbit __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    [[ -n $line ]] && found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  if (( $#found )); then _describe lastbit found; else _files; fi
}
compdef _lastbit lastbit`,
  fish: `# lastbit in fish: lastbit completion fish > ~/.config/fish/completions/lastbit.fish
function __lastbit_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l found (lastbit __complete $words[2..] "$current" 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\\n' $found
    else
        __fish_complete_path "$current"
    end
end
complete -c lastbit -f -a '(__lastbit_complete)'`,
};

/** `completion`: a shell's script. */
export const completionCommand = command({
  options: {
    shell: { type: 'string', demandOption: true, choices: Object.keys(SCRIPTS), describe: 'whose script' },
    json: jsonOption,
  },
  examples: [
    ['completion bash', 'in ~/.bashrc: eval "$(lastbit completion bash)"'],
    ['completion fish', 'in a file: ~/.config/fish/completions/lastbit.fish'],
  ],
  run({ shell, json }) {
    if (json) printJson({ shell, script: SCRIPTS[shell] });
    else print(SCRIPTS[shell]);
  },
});
