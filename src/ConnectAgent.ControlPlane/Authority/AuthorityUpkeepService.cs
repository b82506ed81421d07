using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Limits;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.ControlPlane.Authority;

/// <summary>Looks after the CA: starts it again where the start failed, and every hour prunes, warns, and renews (ca CA-55, CA-61, section 10).</summary>
internal sealed class AuthorityUpkeepService(
    AuthorityManager manager, ActiveSigner signer, AuthorityOptions options, TimeProvider clock, ILogger<AuthorityUpkeepService> logger) : BackgroundService
{
    /// <summary>How often roots that were rotated out long ago are looked for (ca CA-55).</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    [Limit("ca.retry", "s", "the pause grows no further")]
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(256);
    private int _failures;
    private readonly Dictionary<string, (string Certificate, int Level)> _warned = new(StringComparer.Ordinal);

    /// <summary>CA-61: 2, 4, … 256 s.</summary>
    public static TimeSpan PauseAfter(int failures) => TimeSpan.FromSeconds(Math.Min(Math.Pow(2, failures), LongestPause.TotalSeconds));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            await InitializeAsync(stoppingToken);
            await LookAsync(stoppingToken);
            await Task.Delay(Interval, clock, stoppingToken);
        }
    }

    /// <summary>The first attempt, before anything is served; when it fails, the loop goes on trying.</summary>
    public async Task TryInitializeAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            await manager.InitializeAsync(cancellationToken);
            _failures = 0;
        }
        catch (ServerException error)
        {
            _failures++;
            logger.InitializationFailed(error.Message, PauseAfter(_failures));
        }
    }

    private async Task InitializeAsync(CancellationToken cancellationToken)
    {
        while (!manager.IsReady)
        {
            if (_failures > 0)
            {
                await Task.Delay(PauseAfter(_failures), clock, cancellationToken);
            }

            await TryInitializeAsync(cancellationToken);
        }
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            await manager.PruneAsync(cancellationToken);
            if (options.AutoRotate)
            {
                await manager.RenewRootAsync(cancellationToken);
            }

            if (await signer.GetAsync(cancellationToken) is { } authority)
            {
                var root = authority.Active.Root;
                Warn("root", root.Id, root.NotBefore, root.NotAfter);
                if (authority.Intermediate is { } intermediate)
                {
                    Warn("intermediate", root.Id, intermediate.NotBefore, intermediate.NotAfter);
                }
            }
        }
        catch (ServerException error)
        {
            // The next look is in an hour.
            logger.UpkeepFailed(error.Message);
        }
    }

    // Once for each level of each certificate.
    private void Warn(string kind, string rootId, DateTimeOffset notBefore, DateTimeOffset notAfter)
    {
        var level = CertificateLife.LevelOf(notBefore, notAfter, clock.GetUtcNow());
        var certificate = $"{rootId} {notAfter:O}";
        if (level > 0 && (!_warned.TryGetValue(kind, out var warned) || warned.Certificate != certificate || warned.Level < level))
        {
            _warned[kind] = (certificate, level);
            logger.CertificateAges(kind, rootId, level, notAfter);
        }
    }
}
