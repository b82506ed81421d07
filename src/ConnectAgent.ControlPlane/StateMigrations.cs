namespace ConnectAgent.ControlPlane;

/// <summary>
/// How rows changed their form on disk from revision to revision, over all features: the versions of the file are one row of numbers. A step never
/// changes; what is new becomes one at the end.
/// </summary>
internal static class StateMigrations
{
    public static IReadOnlyList<string> Steps { get; } =
    [
        // To version 2. Their rows followed from others, and now are second keys. An older program would miss them, so it must not open the file.
        """
        DELETE FROM state_rows WHERE table_name IN ('acl-secrets', 'intention-ids');
        DELETE FROM state_tables WHERE name IN ('acl-secrets', 'intention-ids');
        """,

        // To version 3. IDs are found whatever the case of their digits; of two that are one now, the one in lower case stays. An older program would
        // look for the keys as they were spelled, and cannot read how long the tokens of auth methods live.
        """
        UPDATE OR IGNORE state_rows SET key = lower(key)
            WHERE table_name IN ('acl-tokens', 'acl-policies', 'acl-roles', 'acl-binding-rules') AND key <> lower(key);
        DELETE FROM state_rows
            WHERE table_name IN ('acl-tokens', 'acl-policies', 'acl-roles', 'acl-binding-rules') AND key <> lower(key);
        """,
    ];
}
