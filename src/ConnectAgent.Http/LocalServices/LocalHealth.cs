using System.Text.Json;
using ConnectAgent.Agent.LocalServices;
using ConnectAgent.Protocol.Services;

namespace ConnectAgent.Http.LocalServices;

/// <summary>How one service of this agent is: its checks and those of the node, and the worst of them (services AG-20).</summary>
internal sealed class LocalHealth
{
    private readonly LocalService _service;
    private readonly List<HealthCheck> _checks;

    public LocalHealth(LocalView view, LocalService service)
    {
        // 11.4: by ID, so that two reads are alike.
        _service = service;
        _checks = [.. view.ChecksOf(service.Id).Concat(view.ChecksOf(string.Empty)).Select(static check => check.Health)
            .OrderBy(static check => check.CheckId, StringComparer.Ordinal)];
        Status = _checks.Exists(static check => Maintenance.IsMaintenance(check.CheckId))
            ? CheckStatus.Maintenance
            : Worst(_checks.Select(static check => check.Status));
    }

    public string Status { get; }

    /// <summary>The worst of some; passing without any.</summary>
    public static string Worst(IEnumerable<string> statuses) => statuses.MaxBy(RankOf) ?? CheckStatus.Passing;

    public void Write(Utf8JsonWriter writer, string datacenter) => CheckJson.AgentHealth(writer, Status, _service.Visible, datacenter, _checks);

    private static int RankOf(string status) => status switch
    {
        CheckStatus.Maintenance => 3,
        CheckStatus.Critical => 2,
        CheckStatus.Warning => 1,
        _ => 0,
    };
}
