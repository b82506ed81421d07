using ConnectAgent.State;

namespace ConnectAgent.ControlPlane.Authority;

/// <summary>The rows of the certificate authority.</summary>
internal static class AuthorityTables
{
    /// <summary>The CA's roots, under <see cref="StateTable.OnlyKey"/>; no key is in here.</summary>
    public static StateTable<AuthorityRoots> Roots { get; } = new("roots", AuthorityRowJson.Default.AuthorityRoots, static _ => StateTable.OnlyKey)
    {
        IndexOf = static row => row.Entries.Select(entry => Math.Max(entry.Root.CreateIndex, entry.Root.ModifyIndex)).DefaultIfEmpty().Max(),
    };

    /// <summary>The CA's configuration, under <see cref="StateTable.OnlyKey"/>; may hold a key.</summary>
    public static StateTable<CaConfiguration> Configuration { get; } = new(
        "ca-configuration", AuthorityRowJson.Default.CaConfiguration, static _ => StateTable.OnlyKey)
    {
        IndexOf = static row => Math.Max(row.CreateIndex, row.ModifyIndex),
    };

    /// <summary>What the CA's provider keeps, by the id of its configuration: the key (ca CA-40, CA-41).</summary>
    public static StateTable<ProviderRow> ProviderRows { get; } = new("ca-provider", AuthorityRowJson.Default.ProviderRow, static row => row.Id);

    public static IReadOnlyList<StateTable> All { get; } = [Roots, Configuration, ProviderRows];
}
