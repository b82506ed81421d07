namespace ConnectAgent.ControlPlane.Acl.Rules;

/// <summary>A place in a rule text, counted from 1; JSON knows none.</summary>
internal readonly record struct HclPosition(int Line, int Column)
{
    public static HclPosition Unknown => default;

    public override string ToString() => Line == 0 ? "-" : $"{Line}:{Column}";
}

/// <summary>A value of the configuration language.</summary>
internal abstract record HclNode(HclPosition At);

/// <summary>A text or a number, as text.</summary>
internal sealed record HclText(HclPosition At, string Text) : HclNode(At);

/// <summary>True or false.</summary>
internal sealed record HclBoolean(HclPosition At, bool Value) : HclNode(At);

/// <summary>A list.</summary>
internal sealed record HclList(HclPosition At, IReadOnlyList<HclNode> Items) : HclNode(At);

/// <summary>An object: its items in order, keys may repeat.</summary>
internal sealed record HclObject(HclPosition At, IReadOnlyList<HclItem> Items) : HclNode(At);

/// <summary>One item of an object: <c>service "web" { … }</c> has two keys, an assignment has one.</summary>
internal sealed record HclItem(HclPosition At, IReadOnlyList<string> Keys, HclNode Value);

/// <summary>A rule text that cannot be read; the text is what stands behind <c>Failed to parse ACL rules: </c> (acl section 6.2).</summary>
internal sealed class HclException(HclPosition at, string text, string? limit = null) : Exception($"At {at}: {text}")
{
    /// <summary>The name of the bound that refused (docs/limits.md); null when it was none.</summary>
    public string? Limit => limit;
}
