namespace ConnectAgent.Protocol.Services;

/// <summary>The kinds of services that rules name (services REG-7, REG-8). Others are accepted (REG-10).</summary>
public static class ServiceKinds
{
    public const string Typical = "";

    public const string ConnectProxy = "connect-proxy";

    public const string MeshGateway = "mesh-gateway";

    public const string TerminatingGateway = "terminating-gateway";

    public const string IngressGateway = "ingress-gateway";

    /// <summary>Whether it is one of the gateways.</summary>
    public static bool IsGateway(string kind) => kind is MeshGateway or TerminatingGateway or IngressGateway;
}
