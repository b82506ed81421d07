using ConnectAgent.Agent.Checks.Probes;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Agent.Checks;

/// <summary>Starts what a definition says (services CHK-8).</summary>
internal static class CheckStart
{
    private static readonly TimeSpan TimeOut = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ScriptTimeOut = TimeSpan.FromSeconds(30);

    // What is longer than a timer takes (49 days) would break each run before it begins.
    [Limit("checks.timeout", "s", "cut to it")]
    private static readonly TimeSpan LongestTimeOut = TimeSpan.FromDays(1);

    /// <summary>Starts a check that needs nothing but itself and its target: all but an alias.</summary>
    /// <returns>Null when nothing runs it: a maintenance mode.</returns>
    public static IRunningCheck? Start(string id, CheckDefinition definition, CheckRuntime runtime)
    {
        var options = runtime.Options;
        var outputSize = runtime.OutputSizeOf(definition);
        var type = CheckTypes.Of(definition);
        var timeOut = definition.Timeout > ExactDuration.Zero ? definition.Timeout.ToTimeSpan() : type == CheckTypes.Script ? ScriptTimeOut : TimeOut;
        timeOut = timeOut < LongestTimeOut ? timeOut : LongestTimeOut;
        ICheckProbe? probe = type switch
        {
            CheckTypes.Http => new HttpProbe(definition, options, outputSize),
            CheckTypes.Tcp => new TcpProbe(definition.Tcp),
            CheckTypes.Udp => new UdpProbe(definition.Udp),
            CheckTypes.Grpc => new GrpcProbe(definition, options, timeOut),
            CheckTypes.H2Ping => new Http2PingProbe(definition, options),
            CheckTypes.Script => new ScriptProbe(definition.ScriptArgs, outputSize, runtime.Clock),
            CheckTypes.Docker or CheckTypes.OsService => new UnsupportedProbe(type),
            _ => null,
        };
        return type == CheckTypes.Ttl ? new TtlCheck(id, definition, outputSize, runtime)
            : probe is not null ? new IntervalCheck(id, definition, probe, timeOut, runtime)
            : null;
    }
}
