using ConnectAgent.Protocol.Services;

namespace ConnectAgent.Agent.AntiEntropy;

/// <summary>One write to the catalog that brings it closer to what is here.</summary>
/// <param name="Token">What it is made under; empty for none. Never shown or logged.</param>
internal abstract record SyncStep(string Token)
{
    /// <summary>What the log says that it is about.</summary>
    public abstract string Subject { get; }

    // Records print their members; a token must not reach a log that way.
    public sealed override string ToString() => Subject;
}

/// <summary>Writes the node, or a service with checks, or checks alone.</summary>
internal sealed record RegisterStep(CatalogRegistration Registration, string Token) : SyncStep(Token)
{
    public override string Subject => Registration switch
    {
        { Service: { } service } => $"service {service.Id}",
        { Checks: [var check, ..] } => $"check {check.CheckId}",
        _ => $"node {Registration.Node.Name}",
    };
}

/// <summary>Takes a service with its checks, or a check, out.</summary>
internal sealed record DeregisterStep(CatalogDeregistration Deregistration, string Token) : SyncStep(Token)
{
    public override string Subject => Deregistration.ServiceId.Length > 0 ? $"service {Deregistration.ServiceId}" : $"check {Deregistration.CheckId}";
}
