using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Services;

namespace ConnectAgent.Agent.Checks.Probes;

/// <summary>What may be set about checks.</summary>
internal sealed record CheckOptions
{
    public const string OtherHostsKey = "connect_agent.check_redirect_other_hosts";

    public const string OutputSizeKey = "check_output_max_size";

    public const string ScriptsKey = "enable_script_checks";

    public const string LocalScriptsKey = "enable_local_script_checks";

    private CheckTls _tls = CheckTls.System;

    /// <summary>Bytes of an output that are kept, unless the check says fewer (services CHK-2).</summary>
    [Limit("checks.output", "bytes", "cut, and said so", Key = OutputSizeKey)]
    public int OutputSize { get; init; } = 4096;

    /// <summary>Whether scripts are run that callers of the API register.</summary>
    public bool RunsScripts { get; init; }

    /// <summary>Whether scripts are run that files of the agent define.</summary>
    public bool RunsLocalScripts { get; init; }

    /// <summary>Whether HTTP checks follow a redirect to another host (CHK-3).</summary>
    public bool FollowsOtherHosts { get; init; } = true;

    public CheckTls Tls
    {
        get => Volatile.Read(ref _tls);
        init => _tls = value;
    }

    /// <summary>A reload has read the files again; the next run of each check uses them.</summary>
    public void UseTls(CheckTls tls) => Volatile.Write(ref _tls, tls);

    /// <summary>Refuses a check that would run a program where none may (AG-9).</summary>
    /// <exception cref="ServerException">500, with the keys that change it.</exception>
    public void RequireAllowed(CheckDefinition definition, bool isFromFile)
    {
        if (Refusal(definition, isFromFile) is { } refusal)
        {
            throw new ServerException(FailureKind.Mistake, refusal) { Setting = ScriptsKey };
        }
    }

    /// <summary>Why a check may not run, also one that was registered while it might; null when it may. In a container a program runs, too.</summary>
    public string? Refusal(CheckDefinition definition, bool isFromFile) =>
        definition.ScriptArgs.Count == 0 || (isFromFile ? RunsLocalScripts : RunsScripts) ? null
        : isFromFile ? $"Scripts are disabled on this agent; to enable, configure '{ScriptsKey}' or '{LocalScriptsKey}' to true"
        : $"Scripts are disabled on this agent from remote calls; to enable, configure '{ScriptsKey}' to true";
}
