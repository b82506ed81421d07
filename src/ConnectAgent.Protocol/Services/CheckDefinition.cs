using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Protocol.Services;

/// <summary>How a check is looked at (services REG-2, DATA-9). An empty text and a zero mean unset.</summary>
public sealed record CheckDefinition : ICanBeUnset
{
    public static CheckDefinition None { get; } = new();

    public string Http { get; init; } = string.Empty;

    public IReadOnlyDictionary<string, IReadOnlyList<string>> Header { get; init; } = EmptyMap<IReadOnlyList<string>>.Instance;

    public string Method { get; init; } = string.Empty;

    public string Body { get; init; } = string.Empty;

    public bool DisableRedirects { get; init; }

    public string TlsServerName { get; init; } = string.Empty;

    public bool TlsSkipVerify { get; init; }

    /// <summary>Host and port.</summary>
    public string Tcp { get; init; } = string.Empty;

    /// <summary>Host and port.</summary>
    public string Udp { get; init; } = string.Empty;

    /// <summary>Host and port.</summary>
    public string H2Ping { get; init; } = string.Empty;

    /// <summary>Whether there is no TLS under the ping: <c>H2PingUseTLS</c> was sent as false.</summary>
    public bool H2PingInClear { get; init; }

    public string Grpc { get; init; } = string.Empty;

    public bool GrpcUseTls { get; init; }

    /// <summary>A program and its arguments.</summary>
    public IReadOnlyList<string> ScriptArgs { get; init; } = [];

    public string DockerContainerId { get; init; } = string.Empty;

    public string Shell { get; init; } = string.Empty;

    public string OsService { get; init; } = string.Empty;

    public string AliasNode { get; init; } = string.Empty;

    public string AliasService { get; init; } = string.Empty;

    public ExactDuration Interval { get; init; }

    public ExactDuration Timeout { get; init; }

    public ExactDuration Ttl { get; init; }

    public ExactDuration DeregisterCriticalServiceAfter { get; init; }

    public int SuccessBeforePassing { get; init; }

    public int FailuresBeforeWarning { get; init; }

    public int FailuresBeforeCritical { get; init; }

    /// <summary>In bytes; 0 for the agent's own bound (CHK-2).</summary>
    public int OutputMaxSize { get; init; }

    bool ICanBeUnset.IsUnset => ReferenceEquals(this, None);
}
