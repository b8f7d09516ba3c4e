import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { api } from "@/lib/api";
import { settingsKey } from "@/lib/keys";
import { type Appearance, AppearanceSystem } from "@/lib/types";

/** useAppearance makes the page light or dark as the person set it, and returns which. */
export function useAppearance(): Appearance {
  const { data } = useQuery({ queryKey: settingsKey, queryFn: api.settings });
  const appearance = data?.appearance ?? AppearanceSystem;
  useEffect(() => {
    document.documentElement.dataset.appearance = appearance;
  }, [appearance]);
  return appearance;
}
