using ConnectAgent.State.Storage;

namespace ConnectAgent.ControlPlane;

/// <summary>
/// How rows changed their form on disk from revision to revision, over all features: the versions of the file are one row of numbers. A step never
/// changes; what is new becomes one at the end.
/// </summary>
internal static class StateMigrations
{
    public static IReadOnlyList<StateMigration> Steps { get; } =
    [
        // To version 2. Their rows followed from others, and now are second keys. An older program would miss them, so it must not open the file.
        new(
            """
            DELETE FROM state_rows WHERE table_name IN ('acl-secrets', 'intention-ids');
            DELETE FROM state_tables WHERE name IN ('acl-secrets', 'intention-ids');
            """),

        // To version 3. IDs are found whatever the case of their digits; of those that are one now, the one that was made first stays. An older program would
        // look for the keys as they were spelled, and cannot read how long the tokens of auth methods live.
        new(
            """
            UPDATE state_rows SET key = lower(key)
                WHERE table_name IN ('acl-tokens', 'acl-policies', 'acl-roles', 'acl-binding-rules') AND key <> lower(key);
            """)
        {
            Drops =
                """
                SELECT table_name, key FROM (
                    SELECT table_name, key, row_number() OVER (
                        PARTITION BY table_name, lower(key) ORDER BY
                            CASE WHEN json_valid(CAST(value AS TEXT)) THEN json_extract(CAST(value AS TEXT), '$.CreateIndex') END NULLS LAST, key) AS place
                    FROM state_rows
                    WHERE table_name IN ('acl-tokens', 'acl-policies', 'acl-roles', 'acl-binding-rules'))
                WHERE place > 1
                """,
            Why = "its ID differs from an older one only in the case of its digits, and whatever is linked to it has the older one from now on",
        },
    ];
}
