using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text;
using ConnectAgent.Configuration;

namespace ConnectAgent.Cli;

/// <summary>The flags of <c>agent</c>, with one dash or two (config-and-cli FLAG-1 to FLAG-5).</summary>
internal sealed class AgentFlags
{
    private readonly List<(ConfigKey Key, Option Option)> _keys = [];
    private readonly Option<bool?> _dev = Switch("dev", "Development mode: everything in memory, Connect on, no files.");
    private readonly Option<string[]> _files = Many("config-file", "A file to read, HCL or JSON; may be repeated.");
    private readonly Option<string[]> _directories = Many("config-dir", "A directory of such files to read, in byte order; may be repeated.");
    private readonly Option<string[]> _format = Many("config-format", "What all files are written in, whatever their names: hcl or json.");
    private readonly Option<string[]> _fragments = Many("hcl", "A piece of configuration in HCL, which beats files and flags; may be repeated.");

    public AgentFlags()
    {
        foreach (var key in AgentKeys.All)
        {
            if (key.FlagName is { } name)
            {
                _keys.Add((key, key.Type == ConfigTypes.Flag ? Switch(name, key.FlagHelp) : Many(name, key.FlagHelp)));
            }
        }
    }

    public void AddTo(Command command)
    {
        IEnumerable<Option> all = [_dev, _files, _directories, _format, _fragments, .. _keys.Select(flag => flag.Option)];
        foreach (var option in all)
        {
            command.Options.Add(option);
        }
    }

    /// <summary>The files and directories to read, in the order of the command line, both kinds interleaved (LOAD-1).</summary>
    public static IReadOnlyList<string> PathsOf(ParseResult result)
    {
        List<string> paths = [];
        for (var i = 0; i + 1 < result.Tokens.Count; i++)
        {
            var path = result.Tokens[i + 1].Value;
            switch (result.Tokens[i] is { Type: TokenType.Option } option ? option.Value.TrimStart('-') : null)
            {
                case "config-file" or "config-dir":
                    paths.Add(path);
                    break;
            }
        }

        return paths;
    }

    /// <summary>Merges files and flags, in the order of LOAD-6, and checks them.</summary>
    /// <param name="result">The flags.</param>
    /// <param name="morePaths">Files and directories besides those of the flags, read after them.</param>
    /// <exception cref="ConfigurationException">With the exact text.</exception>
    public AgentConfiguration Read(ParseResult result, IReadOnlyList<string>? morePaths = null)
    {
        // Lists append, those of flags first (FLAG-3); of all else the flag counts.
        var values = new ConfigValues();
        Take(result, values, isList: true);
        var format = ConfigFormats.OfFlag(result.GetValue(_format)?.LastOrDefault());
        List<string> paths = [.. PathsOf(result), .. morePaths ?? []];
        foreach (var file in paths.SelectMany(ConfigFile.FilesOf))
        {
            ConfigFile.Read(file, values, format);
        }

        Take(result, values, isList: false);
        foreach (var fragment in result.GetValue(_fragments) ?? [])
        {
            ConfigFile.Merge("-hcl", Encoding.UTF8.GetBytes(fragment), values, ConfigFormat.Hcl);
        }

        Credentials.Take(values, Environment.GetEnvironmentVariable(Credentials.Variable));
        values.WithoutEffect.AddRange(Given(result).Where(flag => flag.Key.Effect == KeyEffect.None)
            .SelectMany(flag => PartsOf(flag.Value, ConfigSource.Flag(flag.Key.FlagName!)).Select(part => new UnusedValue("-" + flag.Key.FlagName, part.Json, part.Source))));
        return AgentConfiguration.Build(values, result.GetResult(_dev) is not null && (result.GetValue(_dev) ?? true)) with { Paths = paths };
    }

    private void Take(ParseResult result, ConfigValues values, bool isList)
    {
        foreach (var (key, value) in Given(result).Where(flag => flag.Key.Type == ConfigTypes.List == isList))
        {
            values.Merge(key, value, [.. PartsOf(value, ConfigSource.Flag(key.FlagName!))]);
        }
    }

    private IEnumerable<(ConfigKey Key, object Value)> Given(ParseResult result) => _keys.Where(flag => result.GetResult(flag.Option) is not null)
        .Select(flag => (flag.Key, flag.Option is Option<bool?> option ? result.GetValue(option) ?? true : ValueOf(flag.Key, result.GetValue((Option<string[]>)flag.Option) ?? [])));

    private static IEnumerable<SaidPart> PartsOf(object value, ConfigSource source) => value switch
    {
        List<string> texts => texts.Select(text => SaidPart.Text(text, source)),
        Dictionary<string, string> map => map.Select(pair => SaidPart.Text(pair.Value, source, pair.Key)),
        bool flag => [new SaidPart(string.Empty, flag ? "true" : "false", source)],
        int number => [new SaidPart(string.Empty, number.ToString(CultureInfo.InvariantCulture), source)],
        _ => [SaidPart.Text((string)value, source)],
    };

    // A flag given twice counts as given last, unless it is a list or a map.
    private static object ValueOf(ConfigKey key, string[] given)
    {
        if (key.Type == ConfigTypes.List)
        {
            return given.ToList();
        }

        if (key.Type == ConfigTypes.Map)
        {
            return given.Select(pair => pair.Split(':', 2)).GroupBy(pair => pair[0], StringComparer.Ordinal)
                .ToDictionary(pairs => pairs.Key, pairs => pairs.Last().ElementAtOrDefault(1) ?? string.Empty, StringComparer.Ordinal);
        }

        return key.Type == ConfigTypes.Number ? Number(key.FlagName!, given[^1]) : given[^1];
    }

    private static Option<bool?> Switch(string name, string description) =>
        new("-" + name, "--" + name) { Description = description, Arity = ArgumentArity.ZeroOrOne };

    private static Option<string[]> Many(string name, string description) =>
        new("-" + name, "--" + name) { Description = description, AllowMultipleArgumentsPerToken = false };

    private static int Number(string name, string text) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
        ? number
        : throw new ConfigurationException($"invalid value \"{text}\" for flag -{name}: parse error");
}
