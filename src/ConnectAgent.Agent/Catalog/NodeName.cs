using ConnectAgent.Protocol.Errors;

namespace ConnectAgent.Agent.Catalog;

/// <summary>Which node is read.</summary>
/// <param name="Value">Found without regard to letter case.</param>
internal readonly record struct NodeName(string Value)
{
    /// <summary>As a part of a path.</summary>
    /// <exception cref="ServerException">It is none.</exception>
    public string Escaped => Value is "" or "." or ".."
        ? throw new ServerException(FailureKind.Failed, "the servers cannot be asked for a node of this name")
        : Uri.EscapeDataString(Value);
}
