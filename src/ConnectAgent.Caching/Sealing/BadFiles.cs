using System.Globalization;
using ConnectAgent.Protocol.Limits;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Caching.Sealing;

/// <summary>Files that cannot be read: they are kept for whoever wants to know why, and are in nobody's way.</summary>
internal static class BadFiles
{
    [Limit("sealed.bad_files", "files", "the oldest is deleted")]
    private const int Kept = 3;

    /// <summary>Renames a file to its name with <c>.bad-(unix seconds)</c>; the latest three stay.</summary>
    public static void SetAside(string path, TimeProvider clock, ILogger logger)
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

        Prune(path + ".bad-", logger);
    }

    private static void Prune(string prefix, ILogger logger)
    {
        try
        {
            var bad = Directory.EnumerateFiles(Path.GetDirectoryName(prefix)!, Path.GetFileName(prefix) + "*")
                .Select(file => (File: file, Seconds: SecondsOf(file.AsSpan(prefix.Length))))
                .Where(found => found.Seconds is not null)
                .OrderByDescending(found => found.Seconds)
                .Skip(Kept)
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
