using System.CommandLine;
using System.CommandLine.Help;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Cli.Framework;

/// <summary>
/// A command line as Go's flags read it (config-and-cli FLAG-1), in the form that the parser reads alike: a flag takes the next word whatever it looks like, an empty
/// value is one, a switch takes none but behind an equals sign, in Go's spellings; of a switch that stands there twice the last counts.
/// </summary>
/// <param name="Command">Whose flags they are.</param>
/// <param name="Arguments">For the parser.</param>
/// <param name="Mistake">What is wrong; null for nothing.</param>
internal sealed record GoFlags(Command Command, string[] Arguments, string? Mistake)
{
    private const string End = "--";

    public static GoFlags Read(Command root, string[] arguments)
    {
        var (command, at) = (root, 0);
        while (at < arguments.Length && command.Subcommands.FirstOrDefault(inner => inner.Name == arguments[at]) is { } inner)
        {
            (command, at) = (inner, at + 1);
        }

        Dictionary<string, string> switches = new(StringComparer.Ordinal);
        List<string> others = [];
        var words = new Queue<string>(arguments[at..]);
        while (words.TryDequeue(out var word) && word != End)
        {
            var (name, value) = word.IndexOf('=', StringComparison.Ordinal) is > 0 and var sign ? (word[..sign], word[(sign + 1)..]) : (word, null);
            var option = name.StartsWith('-') ? command.Options.FirstOrDefault(one => one is not HelpOption && (one.Name == name || one.Aliases.Contains(name))) : null;
            if (option is null && !word.StartsWith('-') && command is CliCommand { RunsProgram: true })
            {
                words = new Queue<string>(words.Prepend(word));
                break;
            }

            if (option is null)
            {
                others.Add(word);
            }
            else if (option is Option<bool> or Option<bool?>)
            {
                if (GoBool.Parse(value ?? "true") is not { } isOn)
                {
                    return Wrong($"invalid boolean value {GoQuote.Of(value!)} for {option.Name}: parse error");
                }

                switches[option.Name] = $"{option.Name}={(isOn ? "true" : "false")}";
            }
            else if (value is not null || words.TryDequeue(out value))
            {
                // Behind an equals sign the parser takes all for the value, but nothing.
                others.AddRange(value.Length > 0 ? [$"{option.Name}={value}"] : [option.Name, value]);
            }
            else
            {
                return Wrong("flag needs an argument: " + option.Name);
            }
        }

        return new GoFlags(command, [.. arguments[..at], .. switches.Values, .. others, .. words.Count > 0 ? words.Prepend(End) : []], null);

        GoFlags Wrong(string mistake) => new(command, arguments, mistake);
    }
}
