using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using ConnectAgent.Configuration;

namespace ConnectAgent.Cli;

/// <summary>The flags of <c>agent</c>, with one dash or two (config-and-cli FLAG-1 to FLAG-5).</summary>
internal sealed class AgentFlags
{
    private const string Inert = "Accepted, without effect.";
    private const string Reported = "Reported; nothing listens there.";
    private readonly List<(Option<string[]> Option, Action<ConfigValues, string> Set)> _texts = [];
    private readonly List<(Option<bool?> Option, Action<ConfigValues, bool> Set)> _switches = [];
    private readonly List<Option> _inert = [];
    private readonly Option<bool?> _dev = Switch("dev", "Development mode: everything in memory, Connect on, no files.");
    private readonly Option<string[]> _files = Many("config-file", "A JSON file to read; may be repeated.");
    private readonly Option<string[]> _directories = Many("config-dir", "A directory of JSON files to read, in byte order; may be repeated.");
    private readonly Option<string[]> _servers = Many("server-addr", "A server to talk to, as http://host:port or https://host:port; may be repeated.");
    private readonly Option<string[]> _meta = Many("node-meta", "A key:value pair of node metadata; may be repeated.");

    public AgentFlags()
    {
        Port("http", "The port of HTTP; -1 turns it off.");
        Port("https", "The port of HTTPS; -1 turns it off.");
        Port("grpc", Inert);
        Port("dns", Inert);
        Port("server", Reported);
        Port("serf-lan", Reported);
        Port("serf-wan", Reported);
        Add("bind", "The cluster address; it is reported, and nothing listens there.", (values, text) => values.BindAddress = text);
        Add("client", "Where clients are served: IP addresses, separated by spaces.", (values, text) => values.ClientAddress = text);
        Add("advertise", "The address that is reported.", (values, text) => values.AdvertiseAddress = text);
        Add("datacenter", "The datacenter's name.", (values, text) => values.Datacenter = text);
        Add("node", "The node's name.", (values, text) => values.NodeName = text);
        Add("node-id", "The node's UUID.", (values, text) => values.NodeId = text);
        Add("data-dir", "Where durable state lives.", (values, text) => values.DataDirectory = text);
        Add("log-level", "TRACE, DEBUG, INFO, WARN or ERROR.", (values, text) => values.LogLevel = text);
        Add("default-query-time", "Time limit of a blocking query that names none.", (values, text) => values.DefaultQueryTime = text);
        Add("max-query-time", "Longest time limit of a blocking query.", (values, text) => values.MaxQueryTime = text);
        Add("pid-file", "Where the process ID is written.", (values, text) => values.PidFile = text);
        AddSwitch("server", "Whether the embedded control plane runs.", (values, flag) => values.Server = flag);
        AddSwitch("bootstrap", "Checked; the embedded control plane leads itself.", (values, flag) => values.Bootstrap = flag);
        AddSwitch("log-json", "Whether the log is JSON.", (values, flag) => values.LogJson = flag);
        Add("allow-write-http-from", "A network, as CIDR, that may write over HTTP; may be repeated.", (values, text) => values.AllowWriteHttpFrom.Add(text));
        Add("bootstrap-expect", "Checked; the embedded control plane leads itself.", (values, text) => values.BootstrapExpect = Number("bootstrap-expect", text));
        foreach (var name in new[]
        {
            "advertise-wan", "log-file", "log-rotate-bytes", "log-rotate-duration", "log-rotate-max-files", "retry-join", "join", "domain",
            "encrypt", "raft-protocol", "protocol", "recursor",
        })
        {
            _inert.Add(Many(name, Inert));
        }

        foreach (var name in new[]
        {
            "enable-script-checks", "enable-local-script-checks", "ui", "syslog", "disable-host-node-id", "disable-keyring-file", "rejoin",
        })
        {
            _inert.Add(Switch(name, Inert));
        }
    }

    public void AddTo(Command command)
    {
        IEnumerable<Option> all =
            [_dev, _files, _directories, _servers, _meta, .. _texts.Select(flag => flag.Option), .. _switches.Select(flag => flag.Option), .. _inert];
        foreach (var option in all)
        {
            command.Options.Add(option);
        }
    }

    /// <summary>The files to read, in the order of the command line, both kinds interleaved (LOAD-1).</summary>
    /// <exception cref="ConfigurationException">A directory cannot be read.</exception>
    public static IReadOnlyList<string> FilesOf(ParseResult result)
    {
        List<string> files = [];
        for (var i = 0; i + 1 < result.Tokens.Count; i++)
        {
            var path = result.Tokens[i + 1].Value;
            switch (result.Tokens[i] is { Type: TokenType.Option } option ? option.Value.TrimStart('-') : null)
            {
                case "config-file" or "config-dir":
                    files.AddRange(ConfigFile.FilesOf(path));
                    break;
            }
        }

        return files;
    }

    /// <summary>Merges files and flags, in the order of LOAD-6, and checks them.</summary>
    /// <exception cref="ConfigurationException">With the exact text.</exception>
    public AgentConfiguration Read(ParseResult result)
    {
        // Lists append, those of flags first (FLAG-3).
        var values = new ConfigValues();
        values.Servers.AddRange(result.GetValue(_servers) ?? []);
        foreach (var file in FilesOf(result))
        {
            ConfigFile.Read(file, values);
        }

        foreach (var (option, set) in _texts)
        {
            // A flag given twice counts as given last.
            if (result.GetValue(option) is [.., var text])
            {
                set(values, text);
            }
        }

        foreach (var (option, set) in _switches)
        {
            if (result.GetResult(option) is not null)
            {
                set(values, result.GetValue(option) ?? true);
            }
        }

        foreach (var pair in result.GetValue(_meta) ?? [])
        {
            var colon = pair.IndexOf(':', StringComparison.Ordinal);
            values.NodeMeta[colon < 0 ? pair : pair[..colon]] = colon < 0 ? string.Empty : pair[(colon + 1)..];
        }

        values.WithoutEffect.AddRange(_inert.Where(option => result.GetResult(option) is { Implicit: false }).Select(option => option.Name));
        return AgentConfiguration.Build(values, result.GetResult(_dev) is not null && (result.GetValue(_dev) ?? true));
    }

    private static Option<bool?> Switch(string name, string description) =>
        new("-" + name, "--" + name) { Description = description, Arity = ArgumentArity.ZeroOrOne };

    private static Option<string[]> Many(string name, string description) =>
        new("-" + name, "--" + name) { Description = description, AllowMultipleArgumentsPerToken = false };

    private static int Number(string name, string text) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
        ? number
        : throw new ConfigurationException($"invalid value \"{text}\" for flag -{name}: parse error");

    private void Port(string name, string description) => Add(
        name + "-port",
        description,
        (values, text) => values.Ports[name.Replace('-', '_')] = Number(name + "-port", text));

    private void Add(string name, string description, Action<ConfigValues, string> set) =>
        _texts.Add((Many(name, description), set));

    private void AddSwitch(string name, string description, Action<ConfigValues, bool> set) => _switches.Add((Switch(name, description), set));
}
