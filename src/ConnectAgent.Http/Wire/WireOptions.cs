using System.Net;

namespace ConnectAgent.Http.Wire;

/// <summary>How requests are taken and answered, whatever they ask for.</summary>
internal sealed record WireOptions
{
    /// <summary>In development mode every JSON body is indented (http-conventions JSON-2).</summary>
    public bool AlwaysPretty { get; init; }

    /// <summary>Whether <c>?cached</c> counts (CON-3).</summary>
    public bool UseCache { get; init; } = true;

    /// <summary><c>allow</c> or <c>deny</c>; shown also while ACLs are off (HDR-1).</summary>
    public string DefaultPolicy { get; init; } = "allow";

    /// <summary>Whether what is in other datacenters is shown under the addresses that it is reached by from here, and every answer says so (HDR-1, services CAT-18).</summary>
    public bool TranslatesAddresses { get; init; }

    /// <summary>Put on every answer, under their canonical names (HCFG-1).</summary>
    public IReadOnlyDictionary<string, string> ResponseHeaders { get; init; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether a path may hold what cannot be printed (PATH-4).</summary>
    public bool TakesUnprintable { get; init; }

    /// <summary>Prefixes of request paths that answer 403 (HCFG-1).</summary>
    public IReadOnlyList<string> BlockedPaths { get; init; } = [];

    /// <summary>Who may write over TCP; empty: anyone (HCFG-1).</summary>
    public IReadOnlyList<IPNetwork> Writers { get; init; } = [];

    /// <summary>Whether <c>Host</c> must be one of ours (SEC-2).</summary>
    public bool CheckHost { get; init; } = true;

    /// <summary>Names besides <c>localhost</c> and the listeners' addresses.</summary>
    public IReadOnlyList<string> AllowedHosts { get; init; } = [];
}
