using System.Text;
using ConnectAgent.Caching.Files;
using ConnectAgent.Configuration;
using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.Hosting;

/// <summary>What a start does to the data directory before anything in it is opened: makes it, closes it to others, keeps the node's ID there.</summary>
internal static class DataDirectory
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const string NodeIdFile = "node-id";

    [Limit("start.node_id_file", "bytes", "the start fails and names the file")]
    private const int LongestNodeId = 100;

    /// <summary>Prepares it.</summary>
    /// <returns>The configuration with the node's ID, and with what is to be warned of.</returns>
    /// <exception cref="ConfigurationException">It cannot be made or used; the text names key and directory.</exception>
    public static AgentConfiguration Prepare(AgentConfiguration configuration)
    {
        var directory = configuration.StateDirectory;
        if (directory is null)
        {
            return configuration.NodeId.Length > 0 ? configuration : configuration with { NodeId = Guid.NewGuid().ToString() };
        }

        try
        {
            Directory.CreateDirectory(directory, OwnerOnly);
            List<string> warnings = [.. configuration.Warnings, .. Tighten(directory)];
            return configuration with
            {
                NodeId = configuration.NodeId.Length > 0 ? configuration.NodeId : KeptId(Path.Combine(directory, NodeIdFile)),
                Warnings = warnings,
            };
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"data_dir \"{directory}\" cannot be used: {error.Message}");
        }
    }

    // Whoever can write there can put files of his own in the place of ours. A directory that is meant to be shared is left as it is.
    private static IEnumerable<string> Tighten(string directory)
    {
        var mode = File.GetUnixFileMode(directory);
        if ((mode & ~OwnerOnly) == UnixFileMode.None)
        {
            yield break;
        }

        var octal = "0" + Convert.ToString((int)mode, 8);
        if ((mode & UnixFileMode.StickyBit) != UnixFileMode.None)
        {
            yield return $"data_dir {directory} is shared with others, mode {octal}: use a directory of its own";
            yield break;
        }

        string? refusal = null;
        try
        {
            File.SetUnixFileMode(directory, mode & OwnerOnly);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            refusal = error.Message;
        }

        yield return refusal is null
            ? $"data_dir {directory} was open to others, mode {octal}, and is tightened to 0700"
            : $"data_dir {directory} is open to others, mode {octal}, and cannot be tightened: {refusal}";
    }

    // The node stays itself over restarts.
    private static string KeptId(string file)
    {
        try
        {
            if (Path.Exists(file) && Guid.TryParseExact(Encoding.UTF8.GetString(RegularFile.ReadAll(file, LongestNodeId)).Trim(), "D", out var kept))
            {
                return kept.ToString();
            }

            var made = Guid.NewGuid().ToString();
            PrivateFile.Replace(file, stream => stream.Write(Encoding.ASCII.GetBytes(made)), overwrite: true);
            return made;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{NodeIdFile}: {error.Message}", error);
        }
    }
}
