using ConnectAgent.Configuration;
using ConnectAgent.Hosting.Systemd;
using ConnectAgent.TestKit.Processes;
using Microsoft.Extensions.Logging.Abstractions;

namespace ConnectAgent.Tests.Hosting.Systemd;

/// <summary>A service manager, and what the agent tells it with.</summary>
internal sealed class FakeServiceManager : IDisposable
{
    public const string Serving = "Serving on 127.0.0.1:8500";

    private readonly NotifyListener _listener = new("@connect-agent-" + Guid.NewGuid());

    public FakeServiceManager(TimeProvider? clock = null) => Socket = new NotifySocket(
        Options, AgentConfiguration.Build(new ConfigValues(), devMode: true), clock ?? TimeProvider.System, NullLogger<NotifySocket>.Instance);

    public ServiceManagerOptions Options => new(_listener.Address, TimeSpan.FromSeconds(8));

    public NotifySocket Socket { get; }

    public bool IsSilent => _listener.IsSilent;

    public Task<string> NextAsync() => _listener.NextAsync();

    public void Dispose() => _listener.Dispose();
}
