using ConnectAgent.Cli.Framework;
using ConnectAgent.Http.LocalAgent;
using ConnectAgent.Telemetry;

namespace ConnectAgent.Cli;

/// <summary><c>version</c>; asks no agent.</summary>
internal static class VersionCommand
{
    // The first line is what tools that look for the reference's version read (config-and-cli FLAG-6).
    public static CliCommand Create() => CliCommand.Local("version", "Prints the version.", "version", static call => Task.FromResult(
        call.Done($"Consul v{ApiVersion.Number}\nserved by ConnectAgent v{ProductVersion.Own}")));
}
