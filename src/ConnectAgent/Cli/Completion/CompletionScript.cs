using System.Text;

namespace ConnectAgent.Cli.Completion;

/// <summary>Completion for shells, made from the table of commands.</summary>
internal static class CompletionScript
{
    /// <summary>For Bash: <c>source &lt;(connect-agent completion bash)</c>.</summary>
    public static string Bash(IReadOnlyList<CompletionEntry> entries) => Function(
        entries,
        "# Completion of connect-agent for bash.",
        "current=${COMP_WORDS[COMP_CWORD]} ",
        "\"${COMP_WORDS[@]:1:COMP_CWORD-1}\"",
        """
          [[ $current == --* ]] && offered=" $offered" && offered=${offered// -/ --}
          COMPREPLY=($(compgen -W "$offered" -- "$current"))
        }
        complete -o default -F _connect_agent connect-agent

        """);

    /// <summary>For Zsh: a file named <c>_connect-agent</c> in <c>$fpath</c>.</summary>
    public static string Zsh(IReadOnlyList<CompletionEntry> entries) => Function(
        entries,
        "#compdef connect-agent\n# Completion of connect-agent for zsh.",
        string.Empty,
        "\"${(@)words[2,CURRENT-1]}\"",
        """
          [[ $PREFIX == --* ]] && offered=" $offered" && offered=${offered// -/ --}
          compadd -- ${=offered} || _files
        }
        if [ "$funcstack[1]" = "_connect-agent" ]; then
          _connect_agent "$@"
        else
          compdef _connect_agent connect-agent
        fi

        """);

    /// <summary>For Fish: a file <c>connect-agent.fish</c> in its folder of completions.</summary>
    public static string Fish(IReadOnlyList<CompletionEntry> entries)
    {
        var text = new StringBuilder("""
            # Completion of connect-agent for fish.
            function __connect_agent_at
              set -l at ''
              for word in (commandline -opc)[2..-1]
                if contains -- "$at $word"
            """).Append(string.Concat(entries.Skip(1).Select(static entry => $" {Quoted(entry.Path)}"))).Append("""

                  set at "$at $word"
                end
              end
              test "$at" = "$argv[1]"
            end

            """);
        foreach (var entry in entries)
        {
            foreach (var (word, description) in entry.Words)
            {
                text.Append("complete -c connect-agent -n ").Append(Quoted($"__connect_agent_at '{entry.Path}'"))
                    .Append(word[0] == '-' ? $" -o {word[1..]} -l {word[1..]}" : " -f -a " + word).Append(" -d ").Append(Quoted(description)).Append('\n');
            }
        }

        return text.ToString();
    }

    // Both shells read this: the words that stand there lead to what may follow.
    private static string Function(IReadOnlyList<CompletionEntry> entries, string head, string locals, string words, string end) => $$"""
        {{head}}
        _connect_agent() {
          local {{locals}}at='' offered='' word
          for word in {{words}}; do
            case "$at $word" in
              {{string.Join('|', entries.Skip(1).Select(static entry => $"'{entry.Path}'"))}}) at="$at $word" ;;
            esac
          done
          case "$at" in
        {{string.Concat(entries.Select(static entry => $"    '{entry.Path}') offered='{string.Join(' ', entry.Words.Select(static word => word.Word))}' ;;\n"))}}  esac
        {{end}}
        """;

    private static string Quoted(string text) => "'" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal) + "'";
}
