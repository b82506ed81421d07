using ConnectAgent.Protocol.Text;

namespace ConnectAgent.ControlPlane.Catalog;

/// <summary>Which instances are asked for.</summary>
/// <param name="Name">Of a service; its case does not matter (services CAT-12).</param>
/// <param name="Selects">What of it.</param>
internal readonly record struct ServiceQuery(string Name, ServiceSelection Selects = ServiceSelection.Instances)
{
    public string Key { get; } = NameKey.Of(Name);
}

/// <summary>What of a service is asked for.</summary>
internal enum ServiceSelection
{
    /// <summary>Its instances.</summary>
    Instances,

    /// <summary>What mesh connections for it go to: its proxies, native instances and terminating gateways (CAT-13).</summary>
    Connect,

    /// <summary>The ingress gateways that lead to it (HLT-9).</summary>
    Ingress,
}
