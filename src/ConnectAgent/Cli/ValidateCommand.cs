using ConnectAgent.Cli.Framework;
using ConnectAgent.Configuration;

namespace ConnectAgent.Cli;

/// <summary><c>validate PATH…</c>: judges configuration files as a start would (config-and-cli LOAD-8).</summary>
internal static class ValidateCommand
{
    public static CliCommand Create()
    {
        var format = Flag.Text("config-format", "What all files are written in, whatever their names: hcl or json.");
        var quiet = Flag.Switch("quiet", "Says nothing of a valid configuration.");
        return CliCommand.Local("validate", "Checks configuration files, HCL or JSON, or directories of them.", "validate /etc/connect-agent", call => Task.FromResult(
            Validate(call.Words, call.Given(format), call.Errors, call.Of(quiet) ? TextWriter.Null : call.Output)), format, quiet);
    }

    /// <summary>Reads and judges files.</summary>
    /// <param name="paths">Of files, or directories of them.</param>
    /// <param name="format">What <c>-config-format</c> says; null for nothing.</param>
    /// <param name="errors">Gets what is wrong, and the warnings.</param>
    /// <param name="output">Gets the good news.</param>
    /// <returns>The exit code.</returns>
    internal static int Validate(IReadOnlyList<string> paths, string? format, TextWriter errors, TextWriter output)
    {
        if (paths.Count == 0)
        {
            errors.WriteLine("Must specify at least one config file or directory");
            return 1;
        }

        try
        {
            var values = new ConfigValues();
            var forced = ConfigFormats.OfFlag(format);
            foreach (var path in paths.SelectMany(ConfigFile.FilesOf))
            {
                ConfigFile.Read(path, values, forced);
            }

            foreach (var warning in AgentConfiguration.Build(values, devMode: false).Warnings)
            {
                errors.WriteLine(warning);
            }

            output.WriteLine("Configuration is valid!");
            return 0;
        }
        catch (ConfigurationException error)
        {
            errors.WriteLine("Config validation failed: " + error.Message);
            return 1;
        }
    }
}
