using System.CommandLine;
using ConnectAgent.Configuration;

namespace ConnectAgent.Cli;

/// <summary><c>validate PATH…</c>: judges configuration files as a start would (config-and-cli LOAD-8).</summary>
internal static class ValidateCommand
{
    public static Command Create()
    {
        var paths = new Argument<string[]>("path") { Description = "Files, HCL or JSON, or directories of them.", Arity = ArgumentArity.ZeroOrMore };
        var format = new Option<string?>("-config-format", "--config-format") { Description = "What all files are written in, whatever their names: hcl or json." };
        var quiet = new Option<bool>("-quiet", "--quiet") { Description = "Says nothing of a valid configuration." };
        var command = new Command("validate", "Checks configuration files.") { paths, format, quiet };
        command.SetAction(result => Validate(
            result.GetValue(paths) ?? [], result.GetValue(format), Console.Error, result.GetValue(quiet) ? TextWriter.Null : Console.Out));
        return command;
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
