using System.Security.Cryptography;
using System.Text;
using ConnectAgent.Caching.Files;
using ConnectAgent.Configuration;
using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.Hosting;

/// <summary>
/// Reloads when a file of the configuration, or a certificate that it names, has changed (<c>auto_reload_config</c>). It looks at what is in the files, again and again:
/// that sees a link that leads elsewhere now, and needs nothing of the file system. Files are taken once two looks have found the same, so that none is read half written.
/// </summary>
internal sealed class ConfigurationWatcher(CurrentConfiguration configuration, ConfigurationReload reload, TimeProvider clock, ILogger<ConfigurationWatcher> logger) : BackgroundService
{
    [Limit("start.reload_interval", "s", "changed files are noticed then, and taken over when they are the same once more")]
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var (known, seen) = (Look(), string.Empty);
        while (true)
        {
            await Task.Delay(Interval, clock, stoppingToken);
            var now = Look();
            if (now == known || now != seen)
            {
                seen = now;
                continue;
            }

            known = now;
            logger.FilesChanged();
            try
            {
                await reload.RunAsync();
            }
            catch (ConfigurationException)
            {
                // It is logged; the next change is looked at again.
            }
        }
    }

    // A file that cannot be read is another state, which the reload then tells of.
    private string Look()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in configuration.Value.Paths.SelectMany(FilesOf).Concat(configuration.Value.CertificateFiles))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(file + "\n"));
            try
            {
                hash.AppendData(SHA256.HashData(RegularFile.ReadAll(file, ConfigFile.LargestFile)));
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                hash.AppendData("unreadable"u8);
            }
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }

    private static IReadOnlyList<string> FilesOf(string path)
    {
        try
        {
            return ConfigFile.FilesOf(path);
        }
        catch (ConfigurationException)
        {
            return [path];
        }
    }
}
