using System.CommandLine;

namespace ConnectAgent.Cli.Framework;

/// <summary>Flags as the reference writes them: one dash or two, <c>-flag value</c> or <c>-flag=value</c> (config-and-cli FLAG-1).</summary>
internal static class Flag
{
    /// <summary>A text; given twice, the last counts.</summary>
    public static Option<string?> Text(string name, string help) => new("-" + name, "--" + name)
    {
        Description = help,
        AllowMultipleArgumentsPerToken = false,
        Arity = new ArgumentArity(1, 1000),
        CustomParser = static result => result.Tokens[^1].Value,
    };

    /// <summary>Texts: the flag may be repeated.</summary>
    public static Option<string[]> Texts(string name, string help) => new("-" + name, "--" + name)
    {
        Description = help + " May be repeated.",
        AllowMultipleArgumentsPerToken = false,
        DefaultValueFactory = static _ => [],
    };

    /// <summary>True when it stands there, unless it says <c>=false</c>.</summary>
    public static Option<bool> Switch(string name, string help) => new("-" + name, "--" + name) { Description = help, Arity = ArgumentArity.ZeroOrOne };

    /// <summary>How the answer is printed.</summary>
    public static Option<string?> Format() => Text("format", "How the answer is printed: pretty or json.");
}
