using System.Security.Cryptography;
using ConnectAgent.Caching.Files;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Caching.Sealing;

/// <summary>The sealed file and its key in a directory, which must exist. For one caller at a time.</summary>
/// <remarks>The key is read for each use and not kept, so a directory that was emptied or exchanged still ends up consistent.</remarks>
internal sealed class SealedFile(string directory, TimeProvider clock, ILogger logger)
{
    public const string FileName = "agent-cache.sealed";
    public const string KeyName = "agent-cache.key";

    private readonly string _path = Path.Combine(Path.GetFullPath(directory), FileName);
    private readonly SealingKey _key = new(Path.Combine(Path.GetFullPath(directory), KeyName), clock, logger);

    /// <summary>Reads what is there, sets a bad file aside and clears away what a killed writer left.</summary>
    /// <returns>None without a file; <see cref="SealedContent.Flaw"/> when a file was bad.</returns>
    /// <exception cref="IOException">The key can be neither read nor made; worth retrying.</exception>
    /// <exception cref="UnauthorizedAccessException">As above.</exception>
    public SealedContent Read()
    {
        PrivateFile.TryDelete(_path + PrivateFile.TemporarySuffix);
        var key = _key.ReadOrCreate();
        SealedContent content;
        try
        {
            using var stream = PrivateFile.OpenRead(_path, logger);
            content = stream is null ? new([], null) : SealedFormat.Read(stream, key);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            content = new([], "unreadable: " + error.Message);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }

        if (content.Flaw is { } flaw)
        {
            logger.FileBad(_path, flaw, content.Entries.Count);
            BadFiles.SetAside(_path, clock, logger);
        }

        return content;
    }

    /// <summary>Replaces the file; the old one stays when it fails.</summary>
    /// <exception cref="IOException">Disk or directory; worth retrying.</exception>
    /// <exception cref="UnauthorizedAccessException">As above.</exception>
    public SealedSummary Write(IReadOnlyCollection<ISealable> entries)
    {
        var key = _key.ReadOrCreate();
        SealedSummary written = default;
        try
        {
            PrivateFile.Replace(_path, stream => written = SealedFormat.Write(stream, key, entries), overwrite: true);
            return written;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }
}
