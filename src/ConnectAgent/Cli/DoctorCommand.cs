using System.CommandLine;
using System.Text.Json;
using ConnectAgent.Cli.Doctor;
using ConnectAgent.Cli.Framework;
using ConnectAgent.Client.Api;
using ConnectAgent.Configuration;

namespace ConnectAgent.Cli;

/// <summary><c>doctor</c>: looks at all that an agent depends on, a line for each, with what to do. Changes nothing.</summary>
internal static class DoctorCommand
{
    private const int HasFailures = 2;
    private const int HasWarnings = 1;

    // Where a line says what was looked at.
    private const int Column = 6;

    // The names of the agent's own flags, which say in which order files are read.
    private static readonly Option<string[]> Files = Flag.Texts("config-file", "A configuration file of the agent.");
    private static readonly Option<string[]> Directories = Flag.Texts("config-dir", "A directory of such files.");
    private static readonly Option<string?> ConfigFormat = Flag.Text("config-format", "What all files are written in, whatever their names: hcl or json.");
    private static readonly Option<string?> Format = Flag.Format();

    public static CliCommand Create() => CliCommand.Asking(
        "doctor",
        "Looks at configuration, data directory, ports, clock, servers, tokens and certificates: exit code 0 when all is well, 1 with warnings, 2 with failures.",
        "doctor -config-dir /etc/connect-agent", RunAsync, Files, Directories, ConfigFormat, Format);

    private static async Task<int> RunAsync(Invocation call)
    {
        var isJson = call.IsJson(Format);
        var findings = await call.ProgressAsync("Looking", progress => LookAsync(call, progress));
        Print(call, isJson, findings);
        return findings.Exists(static finding => finding.State == Finding.IsFailure) ? HasFailures
            : findings.Exists(static finding => finding.State == Finding.IsWarning) ? HasWarnings
            : 0;
    }

    private static async Task<List<Finding>> LookAsync(Invocation call, Action<double> progress)
    {
        List<Finding> findings = [];
        var configuration = Configuration(call, findings);
        if (configuration is { StateDirectory: { } directory })
        {
            findings.AddRange(DataDirectoryChecks.Of(directory));
        }

        progress(0.2);
        if (configuration is not null)
        {
            await AddAsync(findings, ListenerChecks.OfAsync(configuration));
            progress(0.4);
            await AddAsync(findings, ServerChecks.OfAsync(configuration, TimeProvider.System));
        }

        progress(0.8);
        await AddAgentAsync(call, configuration, findings);
        return findings;
    }

    private static AgentConfiguration? Configuration(Invocation call, List<Finding> findings)
    {
        try
        {
            var files = AgentFlags.PathsOf(call.Result).SelectMany(ConfigFile.FilesOf).ToList();
            if (files.Count == 0)
            {
                findings.Add(Finding.Ok("configuration: not looked at; -config-file or -config-dir names it"));
                return null;
            }

            var values = new ConfigValues();
            var format = ConfigFormats.OfFlag(call.Given(ConfigFormat));
            foreach (var file in files)
            {
                ConfigFile.Read(file, values, format);
            }

            var configuration = AgentConfiguration.Build(values, devMode: false);
            findings.Add(Finding.Ok($"configuration: valid, {string.Join(' ', files)}"));
            findings.AddRange(configuration.Warnings.Select(static warning => Finding.Warn("configuration: " + warning, "change the key, or leave it out (docs/configuration.md)")));
            return configuration;
        }
        catch (ConfigurationException error)
        {
            findings.Add(Finding.Fail("configuration: " + error.Message, "correct it: an agent would not start"));
            return null;
        }
    }

    private static async Task AddAsync(List<Finding> findings, IAsyncEnumerable<Finding> more)
    {
        await foreach (var finding in more)
        {
            findings.Add(finding);
        }
    }

    // Without an address of its own the command asks where the configuration listens.
    private static async Task AddAgentAsync(Invocation call, AgentConfiguration? configuration, List<Finding> findings)
    {
        var options = ApiFlags.Of(call.Result);
        if (options.Address == ApiOptions.DefaultAddress && configuration is { HttpListeners: [var first, ..] })
        {
            options = options with { Address = ListenerChecks.ApiAddressOf(first, "http") };
        }

        using var api = AgentApi.Open(options);
        findings.AddRange(await AgentChecks.OfAsync(api, options.Address, TimeProvider.System, call.Cancelled));
    }

    private static void Print(Invocation call, bool isJson, List<Finding> findings)
    {
        if (!isJson)
        {
            foreach (var (state, what, toDo) in findings)
            {
                call.Judged(state, $"{new string(' ', Column - state.Length)}{what}{(toDo.Length > 0 ? " - " + toDo : string.Empty)}");
            }

            return;
        }

        var json = JsonShape.Body(writer =>
        {
            writer.WriteStartArray();
            foreach (var finding in findings)
            {
                writer.WriteStartObject();
                writer.WriteString("State", finding.State);
                writer.WriteString("What", finding.What);
                writer.WriteString("ToDo", finding.ToDo);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        });
        call.Done(JsonShape.Print(JsonElement.Parse(json)));
    }
}
