using System.Text;
using ConnectAgent.Caching.Files;
using ConnectAgent.Configuration;
using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.Hosting;

/// <summary>What a start does to the data directory before anything in it is opened: makes it, closes it to others, keeps the node's ID there.</summary>
internal static class DataDirectory
{
    private const UnixFileMode OwnersFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnersDirectory = OwnersFile | UnixFileMode.UserExecute;

    // What the agent keeps there (docs/operations.md). Whatever else somebody has put there is not ours to change.
    internal static readonly string[] Files =
        ["state.db", "state.db-wal", "local.db", "local.db-wal", "local.key", "agent-cache.sealed", "agent-cache.key", "acl-tokens.json", NodeIdFile, "agent.lock"];

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
            Directory.CreateDirectory(directory, OwnersDirectory);
            var files = Files.Select(file => Path.Combine(directory, file)).Where(file => File.Exists(file) && new FileInfo(file).LinkTarget is null);
            List<string> warnings =
            [
                .. configuration.Warnings, .. Tighten(directory, OwnersDirectory, "data_dir " + directory),
                .. files.SelectMany(file => Tighten(file, OwnersFile, file)),
            ];
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

    // Whoever can write there can put other files in the place of ours, and whoever can read them has the CA's key or tokens, whether they are
    // used this time or not. A directory that is meant to be shared is left as it is.
    private static IEnumerable<string> Tighten(string path, UnixFileMode widest, string name)
    {
        var mode = File.GetUnixFileMode(path);
        if ((mode & ~widest) == UnixFileMode.None)
        {
            yield break;
        }

        var octal = "0" + Convert.ToString((int)mode, 8);
        if ((mode & UnixFileMode.StickyBit) != UnixFileMode.None)
        {
            yield return $"{name} is shared with others, mode {octal}: use a directory of its own";
            yield break;
        }

        string? refusal = null;
        try
        {
            File.SetUnixFileMode(path, mode & widest);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            refusal = error.Message;
        }

        yield return refusal is null
            ? $"{name} was open to others, mode {octal}, and is tightened to 0{Convert.ToString((int)(mode & widest), 8)}"
            : $"{name} is open to others, mode {octal}, and cannot be tightened: {refusal}";
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
