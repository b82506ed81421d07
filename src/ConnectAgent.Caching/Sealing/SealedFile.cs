using System.Globalization;
using System.Security.Cryptography;
using ConnectAgent.Caching.Files;
using ConnectAgent.Protocol.Limits;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Caching.Sealing;

/// <summary>The sealed file and its key in a directory, which must exist. For one caller at a time.</summary>
/// <remarks>The key is read for each use and not kept, so a directory that was emptied or exchanged still ends up consistent.</remarks>
internal sealed class SealedFile(string directory, TimeProvider clock, ILogger logger)
{
    public const string FileName = "agent-cache.sealed";
    public const string KeyName = "agent-cache.key";

    [Limit("sealed.bad_files", "files", "the oldest is deleted")]
    private const int BadFilesKept = 3;

    private readonly string _path = Path.Combine(Path.GetFullPath(directory), FileName);
    private readonly string _keyPath = Path.Combine(Path.GetFullPath(directory), KeyName);

    /// <summary>Reads what is there, sets a bad file aside and clears away what a killed writer left.</summary>
    /// <returns>None without a file; <see cref="SealedContent.Flaw"/> when a file was bad.</returns>
    /// <exception cref="IOException">The key can be neither read nor made; worth retrying.</exception>
    /// <exception cref="UnauthorizedAccessException">As above.</exception>
    public SealedContent Read()
    {
        PrivateFile.TryDelete(_path + PrivateFile.TemporarySuffix);
        PrivateFile.TryDelete(_keyPath + PrivateFile.TemporarySuffix);
        var key = ReadOrCreateKey();
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
            SetAside(_path);
        }

        return content;
    }

    /// <summary>Replaces the file; the old one stays when it fails.</summary>
    /// <exception cref="IOException">Disk or directory; worth retrying.</exception>
    /// <exception cref="UnauthorizedAccessException">As above.</exception>
    public SealedSummary Write(IReadOnlyCollection<ISealable> entries)
    {
        var key = ReadOrCreateKey();
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

    private byte[] ReadOrCreateKey()
    {
        var key = GC.AllocateArray<byte>(SealedFormat.KeySize, pinned: true);
        using (var stream = OpenKey())
        {
            if (stream?.Length == key.Length)
            {
                stream.ReadExactly(key);
                return key;
            }

            if (stream is not null)
            {
                logger.FileBad(_keyPath, $"{stream.Length} bytes are no key", 0);
                SetAside(_keyPath);
            }
        }

        RandomNumberGenerator.Fill(key);
        PrivateFile.Replace(_keyPath, stream => stream.Write(key), overwrite: false);
        return key;
    }

    private FileStream? OpenKey()
    {
        try
        {
            return PrivateFile.OpenRead(_keyPath, logger);
        }
        catch (ForeignFileException error)
        {
            logger.FileBad(_keyPath, error.Message, 0);
            SetAside(_keyPath);
            return null;
        }
    }

    private void SetAside(string path)
    {
        var aside = string.Create(CultureInfo.InvariantCulture, $"{path}.bad-{clock.GetUtcNow().ToUnixTimeSeconds()}");
        try
        {
            File.Move(path, aside, overwrite: true);
            logger.SetAside(path, aside);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            logger.SetAsideFailed(path, error.Message);
            return;
        }

        Prune(path + ".bad-");
    }

    private void Prune(string prefix)
    {
        try
        {
            var bad = Directory.EnumerateFiles(Path.GetDirectoryName(prefix)!, Path.GetFileName(prefix) + "*")
                .Select(file => (File: file, Seconds: SecondsOf(file.AsSpan(prefix.Length))))
                .Where(found => found.Seconds is not null)
                .OrderByDescending(found => found.Seconds)
                .Skip(BadFilesKept)
                .ToList();
            foreach (var (file, _) in bad)
            {
                File.Delete(file);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            logger.PruneFailed(prefix, error.Message);
        }
    }

    private static long? SecondsOf(ReadOnlySpan<char> suffix) =>
        long.TryParse(suffix, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds) ? seconds : null;
}
